"""C8, B3: whether `extractor=` is a factory is a question for streaming shapes only."""

from __future__ import annotations

from typing import Any

from ldai.providers.types import LDAIMetrics

from ldtrack import tracked
from support import KEY, only_run, read_reply


def test_b3_an_extractor_that_could_be_called_without_arguments_still_reads_a_plain_result(ld: Any) -> None:
    """A careless decorator around an extractor (`*args`, no `functools.wraps`) does not silence it."""

    def careless(*args: Any, **kwargs: Any) -> LDAIMetrics:
        return read_reply(*args, **kwargs)

    @tracked(KEY, extractor=careless)
    def answer() -> Any:
        return Unknown()

    answer()
    assert 8 == only_run(ld).total_tokens


class Unknown:
    """Looks like a reply, and is no registered type."""

    input, output, state, tools = 3, 5, "done", ()
