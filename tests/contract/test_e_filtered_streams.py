"""E: what a stream that its own code filters, or an exception that carries a usage, tells of the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from openai import LengthFinishReasonError
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from contract.helpers import tokens
from ldtrack import track_stream, tracked
from support import KEY, Chunk, Handle, hello, only_run, role

pytestmark = pytest.mark.anyio

USAGE = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}


async def drained(stream: Any) -> None:
    """Take all of it."""
    await Handle(stream).drain()


def passing_on(items: list[Any], kind: str) -> Any:
    """A generator function of the user's own that passes the items on."""

    def plain() -> Iterator[Any]:
        yield from items

    async def later() -> AsyncIterator[Any]:
        for item in items:
            yield item

    return {"def": plain, "async def": later}[kind]


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param([hello(), hello()], "success", id="output only"),
        pytest.param([role(), hello()], "error", id="a chunk without output"),
        pytest.param([hello(), Chunk(usage=(3, 5))], "error", id="a chunk with a usage"),
    ],
)
async def test_e_a_generator_that_passes_on_output_only_shows_no_marker(
    ld: Any, kind: str, items: list[Any], expected: str
) -> None:
    """`if chunk.text: yield chunk` leaves out the terminal marker, too: its absence tells nothing then."""
    await drained(tracked(KEY)(passing_on(items, kind))())

    assert expected == only_run(ld).outcome


@pytest.mark.parametrize("kind", ["def", "async def"])
async def test_e_a_generator_that_was_returned_is_the_sdks(ld: Any, kind: str) -> None:
    """SDKs hand out bare generators, and filter nothing: the marker has to come."""
    source = passing_on([hello()], kind)
    await drained(tracked(KEY)(lambda: source())())

    assert "error" == only_run(ld).outcome


def completion(**changes: Any) -> ChatCompletion:
    """What `parse()` found too short."""
    call = {"id": "1", "type": "function", "function": {"name": "search", "arguments": "{"}}
    message = {"role": "assistant", "content": "a", "tool_calls": [call]}
    choices = [{"index": 0, "finish_reason": "length", "message": message}]
    return ChatCompletion.construct(id="c", choices=choices, **changes)


def chunk(**changes: Any) -> ChatCompletionChunk:
    """A chunk with output."""
    return ChatCompletionChunk.construct(id="c", choices=[{"index": 0, "delta": {"content": "a"}}], **changes)


@pytest.mark.parametrize("seen", [{}, {"usage": USAGE}], ids=["usage not seen", "usage seen"])
@pytest.mark.parametrize("inline", [False, True], ids=["decorated", "track_stream"])
def test_e5_what_an_exception_carries_counts_once(ld: Any, seen: dict[str, Any], inline: bool) -> None:
    """Its tokens are those of the same generation: they count where the chunks had none. So do its tool calls."""

    def source() -> Iterator[Any]:
        yield chunk(**seen)
        raise LengthFinishReasonError(completion=completion(usage=USAGE))

    def wrapped() -> Iterator[Any]:
        with track_stream() as tracking:
            yield from tracking.wrap(source())

    with pytest.raises(LengthFinishReasonError):
        list(tracked(KEY)(wrapped if inline else source)())
    run = only_run(ld)
    assert ("error", (10, 2, 12), ["search"]) == (run.outcome, tokens(run), run.tool_calls)


def test_e5_tools_that_were_seen_count_once(ld: Any) -> None:
    """The exception's tool calls are those that the chunks had already."""
    call = {"index": 0, "id": "1", "function": {"name": "search", "arguments": "{"}}

    @tracked(KEY)
    def answer() -> Iterator[Any]:
        yield ChatCompletionChunk.construct(id="c", choices=[{"index": 0, "delta": {"tool_calls": [call]}}])
        raise LengthFinishReasonError(completion=completion(usage=USAGE))

    with pytest.raises(LengthFinishReasonError):
        list(answer())
    assert ["search"] == only_run(ld).tool_calls


def test_e1_an_interruption_whose_members_cannot_be_had(ld: Any) -> None:
    """It counts as a single one, and comes through as it is."""

    class Hostile(BaseException):
        @property
        def exceptions(self) -> Any:
            raise RuntimeError

    @tracked(KEY)
    def answer() -> None:
        raise Hostile

    with pytest.raises(Hostile):
        answer()
    assert "error" == only_run(ld).outcome
