"""J3, J1: results that LaunchDarkly's SDKs have tracked are not counted twice, and nothing else is lost."""

from __future__ import annotations

from typing import Any

import pytest
from ldai import ManagedResult

from ldtrack import tracked
from support import KEY, Reply


@pytest.mark.parametrize("package", ["launchdarkly_ai_openai.results", "launchdarkly_ai", "ldai.managed"])
@pytest.mark.parametrize("name", ["ManagedResult", "ManagedGraphResult"])
def test_j3_results_of_newer_packages_are_recognised_by_name(ld: Any, package: str, name: str) -> None:
    """Their classes need not be there when ldtrack is written."""
    kind = type(name, (), {"__module__": package})

    @tracked(KEY)
    def answer() -> Any:
        return kind()

    assert kind is type(answer())
    assert [] == ld.runs()


def test_j3_a_users_class_of_that_name_is_tracked(ld: Any) -> None:
    """The name alone proves nothing."""
    kind = type("ManagedResult", (), {"__module__": "shop.results"})

    @tracked(KEY)
    def answer() -> Any:
        return kind()

    answer()
    assert ["success"] == [run.outcome for run in ld.runs()]


def test_j1_calls_that_joined_are_not_lost_with_a_result_that_was_tracked_already(ld: Any) -> None:
    """Their tokens were spent beside the managed runner's, which has a run of its own."""

    @tracked(KEY)
    def inner() -> Reply:
        return Reply()

    @tracked(KEY)
    def outer() -> ManagedResult:
        inner()
        return type("ManagedResult", (), {"__module__": "launchdarkly_ai"})()

    outer()
    assert 8 == sum(run.total_tokens or 0 for run in ld.runs())
