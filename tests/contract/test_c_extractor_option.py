"""C8, B3: whether `extractor=` is a factory is a question for streaming shapes only."""

from __future__ import annotations

from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from contract.helpers import warnings_of
from ldtrack import tracked
from support import KEY, Reply, only_run, read_reply


def test_b3_an_extractor_that_could_be_called_without_arguments_still_reads_a_plain_result(ld: Any) -> None:
    """A careless decorator around an extractor (`*args`, no `functools.wraps`) does not silence it."""

    def careless(*args: Any, **kwargs: Any) -> LDAIMetrics:
        return read_reply(*args, **kwargs)

    @tracked(KEY, extractor=careless)
    def answer() -> Any:
        return Unknown()

    answer()
    assert 8 == only_run(ld).total_tokens


class Fold:
    """A stream extractor, and nothing else."""

    def __init__(self, _options: Any = None) -> None: ...

    def feed(self, _chunk: Any, /) -> bool:
        """Take a chunk."""
        return True

    def result(self) -> LDAIMetrics:
        """Tell something."""
        return LDAIMetrics(success=True, tokens=TokenUsage(total=3, input=1, output=2))


def make_fold() -> Fold:
    """Make one."""
    return Fold()


@pytest.mark.parametrize("factory", [Fold, make_fold])
def test_c8_a_factory_leaves_a_plain_result_to_the_registry(
    ld: Any, factory: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A function that streams or not, as it is told, has both of its results read."""

    @tracked(KEY, extractor=factory)
    def answer(stream: bool) -> Any:
        return iter(["a"]) if stream else Reply()

    list(answer(True))
    answer(False)
    assert [3, 8] == [run.total_tokens for run in ld.runs()]
    assert [] == warnings_of(caplog)


def test_c8_a_built_in_function_is_no_factory(ld: Any) -> None:
    """Some do not tell what they take: they read each chunk, or the result."""

    @tracked(KEY, extractor=max)
    def answer() -> Any:
        return [LDAIMetrics(success=False)]

    answer()
    assert "error" == only_run(ld).outcome


class Unknown:
    """Looks like a reply, and is no registered type."""

    input, output, state, tools = 3, 5, "done", ()

    def copy(self) -> Unknown:
        """Give another."""
        return Unknown()
