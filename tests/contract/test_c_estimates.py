"""Streams that tell no tokens: how to ask for them, and how to estimate them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ldai import LDAIClient
from ldai.tracker import TokenUsage
from openai.types.chat import ChatCompletionChunk

from ldtrack import configure, current_run, track_stream, tracked
from ldtrack._estimates import Estimate
from ldtrack._folds import Truthy
from support import KEY, USER, Chunk

ASK = 'ask for them with `stream_options={"include_usage": True}`'


def words(_model: str, text: str) -> int:
    """Count a text's words."""
    return len(text.split())


def chunk(usage: Any = None, **delta: Any) -> ChatCompletionChunk:
    """Make a chunk of OpenAI's; without a delta, the last one."""
    choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return ChatCompletionChunk.model_validate({**body, "usage": usage})


SAID = (
    chunk(role="assistant", content=""),
    chunk(content="two words "),
    chunk(reasoning="one "),
    chunk(tool_calls=[{"index": 0, "id": "t", "function": {"name": "f", "arguments": "last"}}]),
    chunk(),
)
USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}


def warnings_of(caplog: Any) -> list[str]:
    """Return what was warned of."""
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def tokens(ld: Any) -> Any:
    """Return the tokens of the only run."""
    (run,) = ld.runs()
    return run.input_tokens, run.output_tokens, run.total_tokens


def test_c6_a_stream_whose_tokens_were_not_asked_for_says_how(ld, caplog):
    """Once per call site, with the option's name; nothing is reported as zero."""

    @tracked(KEY)
    def ask() -> Iterator[Any]:
        yield from SAID

    list(ask())
    list(ask())

    assert [1] == [warning.count(ASK) for warning in warnings_of(caplog)]
    assert [(None, None, None)] * 2 == [(run.input_tokens, run.output_tokens, run.total_tokens) for run in ld.runs()]


@pytest.mark.parametrize("left", ["early", "with usage", "tracked by hand", "of another kind"])
def test_c6_nothing_is_said_where_nothing_is_amiss(ld, caplog, left):
    """A stream left early never came to its usage; others told it, or need not be asked."""

    @tracked(KEY)
    def ask() -> Iterator[Any]:
        if left == "tracked by hand":
            current_run().tracker.track_tokens(TokenUsage(total=3, input=1, output=2))
        yield from [Chunk("hi"), Chunk(last=True)] if left == "of another kind" else SAID
        if left == "with usage":
            yield chunk(USAGE)

    for item in ask():
        if left == "early" and item is SAID[1]:
            break

    assert [] == warnings_of(caplog)


def test_c6_chunks_of_several_types_are_one_text(ld):
    """Each type has an extractor of its own; there is one estimate."""

    @tracked(KEY, estimate_tokens=words)
    def ask() -> Iterator[Any]:
        yield from SAID[:2]
        yield "and text "
        yield from SAID[2:]

    list(ask())
    assert (None, 6, 6) == tokens(ld)


@pytest.mark.parametrize("where", ["tracked", "configure", "track_stream", "block in a call"])
def test_c6_tokens_are_estimated_from_the_output(ld, caplog, where):
    """Text, reasoning and the arguments of tool calls, with the config's model; then nothing has to be asked for."""
    models: list[str] = []

    def count(model: str, text: str) -> int:
        models.append(model)
        return words(model, text)

    @tracked(KEY, estimate_tokens=count if where in ("tracked", "block in a call") else None)
    def ask() -> Any:
        if where != "block in a call":
            return iter(SAID)
        with track_stream() as s:
            return list(s.wrap(iter(SAID)))

    if where == "configure":
        configure(estimate_tokens=count)
    if where == "track_stream":
        tracker = LDAIClient(ld.client).completion_config(KEY, USER).create_tracker()
        with track_stream(tracker, estimate_tokens=count) as s:
            list(s.wrap(iter(SAID)))
    else:
        list(ask())

    assert (None, 4, 4) == tokens(ld)
    assert ["" if where == "track_stream" else "tiny-1"] == models
    assert [] == warnings_of(caplog)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["some text ", "and more"], 4),
        ([{"choices": [{"index": 0, "delta": {"content": "two words"}}], "object": "chat.completion.chunk"}], 2),
        ([{"object": "text_completion", "choices": [{"index": 0, "text": "one", "finish_reason": "stop"}]}], 1),
        ([{"type": "content_block_delta", "delta": {"type": "text_delta", "text": "not told"}}], None),
        ([b"no text"], None),
    ],
    ids=["strings", "chat dicts", "completion dicts", "a format that tells no text", "bytes"],
)
def test_c6_what_is_text_is_counted(ld, items, expected):
    """Strings by themselves, and chunks of a format that tells its text."""

    @tracked(KEY, estimate_tokens=words)
    def ask() -> Iterator[Any]:
        yield from items

    list(ask())

    assert (None, expected, expected) == tokens(ld)


def test_c6_told_tokens_go_before_estimated_ones(ld):
    """The provider knows."""

    @tracked(KEY, estimate_tokens=words)
    def ask() -> Iterator[Any]:
        yield from (*SAID, chunk(USAGE))

    list(ask())

    assert (7, 2, 9) == tokens(ld)


def raises(_model: str, _text: str) -> int:
    """Fail."""
    msg = "no table"
    raise OSError(msg)


@pytest.mark.parametrize("told", ["nothing", -1, 1.5, None])
def test_d3_a_wrong_estimate_costs_itself_only(ld, caplog, told):
    """One warning names the function; no tokens are sent."""

    def returns(_model: str, _text: str) -> Any:
        return told

    count = raises if told == "nothing" else returns

    @tracked(KEY, estimate_tokens=count)
    def ask() -> Iterator[str]:
        yield "x" * 5000
        yield "y" * 5000

    assert ["x" * 5000, "y" * 5000] == list(ask())
    assert (None, None, None) == tokens(ld)
    assert 1 == sum(count.__qualname__ in warning for warning in warnings_of(caplog))


def test_f8_long_streams_are_counted_in_blocks():
    """Memory stays constant, and no piece is lost."""
    blocks: list[int] = []

    def count(_model: str, text: str) -> int:
        blocks.append(len(text))
        return len(text)

    estimate = Estimate(count, "m")
    feed = estimate.over(Truthy(), Truthy().feed)
    for _ in range(1000):
        feed("twelve chars")
    told = estimate.tokens()

    assert told is not None
    assert (12_000, 12_000) == (told.output, sum(blocks))
    assert 4096 + 12 > max(blocks)


@pytest.mark.parametrize("wrong", [7, "gpt-4o", len])
@pytest.mark.parametrize(
    "use",
    [
        lambda wrong: tracked(KEY, estimate_tokens=wrong),
        lambda wrong: configure(estimate_tokens=wrong),
        lambda wrong: track_stream(estimate_tokens=wrong),
    ],
    ids=["tracked", "configure", "track_stream"],
)
def test_a1_what_cannot_estimate_is_refused(use: Callable[[Any], Any], wrong: Any) -> None:
    """At once, with the form that is wanted."""
    with pytest.raises(TypeError, match="estimate_tokens= is a function of the model's name and a text"):
        use(wrong)


def test_a1_functions_that_hide_their_signature_are_taken():
    """Some functions written in C do."""
    configure(estimate_tokens=max)
