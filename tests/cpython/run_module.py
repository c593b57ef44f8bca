"""Run one of CPython's own test modules, decorated or not, and write how each test ended as JSON.

In a process of its own: `python run_module.py test.test_generators --decorated results.json`.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
import unittest
from pathlib import Path
from types import ModuleType
from typing import Any

from ldclient import Context


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


def run_decorated(name: str) -> dict[str, Any]:
    """Run a module's tests under a real `tracked`, whose config is switched on."""
    from transform import import_decorated

    from ldtrack import tracked
    from ldtrack.local import LocalLaunchDarkly

    with LocalLaunchDarkly({"cpython": {"model": {"name": "none"}}}) as local:
        decorator = tracked("cpython", context=Context.create("cpython"), client=local.client)
        return {**run_tests(import_decorated(name, decorator)), "runs": len(local.runs())}


def run_tests(module: ModuleType) -> dict[str, Any]:
    """Run the test classes of a module; its doctests stay out."""
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    cases = [value for value in vars(module).values() if isinstance(value, type) and is_own_case(value, module)]
    results = Results()
    unittest.TestSuite(map(load, cases)).run(results)
    return {"endings": results.endings, "reasons": results.reasons}


def is_own_case(cls: type, module: ModuleType) -> bool:
    """Tell whether the class is one of the module's own test classes."""
    return issubclass(cls, unittest.TestCase) and cls.__module__ == module.__name__


if __name__ == "__main__":
    name, flag, target = sys.argv[1:]
    ended = run_decorated(name) if flag == "--decorated" else run_tests(importlib.import_module(name))
    Path(target).write_text(json.dumps(ended), encoding="utf-8")
