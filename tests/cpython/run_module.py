"""Run one of CPython's own test modules, decorated or not, and write how each test ended as JSON.

In a process of its own: `python run_module.py test_generators --decorated results.json`.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Results(unittest.TestResult):
    """Note one word per test, and the last line of what went wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.endings: dict[str, str] = {}
        self.reasons: dict[str, str] = {}

    def startTest(self, test: unittest.TestCase) -> None:
        """Take a test for passed until it says otherwise."""
        super().startTest(test)
        self.endings[test.id()] = "passed"

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        """Note a skipped test."""
        super().addSkip(test, reason)
        self.endings[test.id()] = "skipped"

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        """Note a test that raised."""
        super().addError(test, err)
        self.note(test, err)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        """Note a test whose assertion failed."""
        super().addFailure(test, err)
        self.note(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        """Note a failed part as the whole test's."""
        super().addSubTest(test, subtest, err)
        if err:
            self.note(test, err)

    def note(self, test: unittest.TestCase, err: Any) -> None:
        """Failed or raised: to a comparison both are the same."""
        self.endings[test.id()] = "failed"
        self.reasons[test.id()] = "".join(traceback.format_exception(*err))


def decorator() -> Callable[[Any], Any]:
    """Make a real `tracked`: a real client over local data, whose config is switched on."""
    from ldclient import Context

    from ldtrack import tracked
    from ldtrack.local import LocalLaunchDarkly

    local = LocalLaunchDarkly({"cpython": {"model": {"name": "none"}}})
    return tracked("cpython", context=Context.create("cpython"), client=local.client)


def run(name: str, *, decorated: bool) -> Results:
    """Run the test classes of a module; its doctests stay out."""
    from transform import import_decorated

    module = import_decorated(name, decorator()) if decorated else importlib.import_module(name)
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    cases = [value for value in vars(module).values() if isinstance(value, type) and is_own_case(value, name)]
    results = Results()
    unittest.TestSuite(map(load, cases)).run(results)
    return results


def is_own_case(cls: type, module: str) -> bool:
    """Tell whether the class is one of the module's own test classes."""
    return issubclass(cls, unittest.TestCase) and cls.__module__ == module


if __name__ == "__main__":
    module, flag, target = sys.argv[1:]
    outcome = run(f"test.{module}", decorated=flag == "--decorated")
    Path(target).write_text(json.dumps({"endings": outcome.endings, "reasons": outcome.reasons}), encoding="utf-8")
