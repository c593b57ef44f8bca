"""Say in one line what a fresh machine's Python lacks. Old syntax on purpose: it must run anywhere."""

import importlib
import sys

CURE = "name another one: make PYTHON=/path/to/python3.12 ..."


def problem():
    """Tell what keeps this interpreter from making a virtual environment, or None."""
    if sys.version_info < (3, 10):
        return "ldtrack needs Python 3.10 or newer, this is %d.%d" % sys.version_info[:2]
    try:
        importlib.import_module("ensurepip")
        importlib.import_module("venv")
    except ImportError:
        return "this Python has no venv or ensurepip (on Debian and Ubuntu: apt-get install python3-venv)"
    return None


if __name__ == "__main__" and problem():
    sys.exit("%s: %s; or %s" % (sys.executable, problem(), CURE))
