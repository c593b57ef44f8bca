"""A5: what `explain` says of extractors and contexts, and what it keeps to itself."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from anthropic.types import Message, RawMessageStreamEvent
from ldclient import Context

from ldtrack import explain, register_extractor, tracked
from ldtrack._entry_points import source
from support import KEY, USER, Chunk, ChunkReader, Reply, read_reply

AROUND = "from use_context, else configure, else the tracked call around"


class Foreign:
    """A response that an installed package reads."""


class _TextStream(Iterator[Any]):
    """An iterator of the user's own, not subscripted."""

    def __next__(self) -> Any:
        raise StopIteration


def _to_reply() -> Reply: ...
def _to_foreign() -> Foreign: ...
def _to_dict() -> dict[str, int]: ...
def _to_nothing_known() -> Any: ...
def _to_chunks() -> Iterator[Chunk]: ...
def _to_texts() -> _TextStream: ...


def _generator() -> Iterator[Chunk]:
    yield Chunk()


async def _async_generator() -> AsyncIterator[Chunk]:
    yield Chunk()


def _generator_of_texts() -> Iterator[str]:
    yield ""


EXTRACTORS = {
    "response by hand": (_to_reply, {}, "support.read_reply for support.Reply, registered by hand"),
    "chunks by hand": (_generator, {}, "support.ChunkReader for support.Chunk, registered by hand"),
    "async": (_async_generator, {}, "support.ChunkReader for support.Chunk, registered by hand"),
    "returned stream": (_to_chunks, {}, "support.ChunkReader for support.Chunk, registered by hand"),
    "entry point": (_to_foreign, {}, "support.read_reply for {foreign}, from the entry point 'their-package'"),
    "given": (_to_reply, {"extractor": read_reply}, "support.read_reply, given as extractor="),
    "given factory": (_generator, {"extractor": ChunkReader}, "support.ChunkReader, given as extractor="),
    "unknown": (_to_nothing_known, {}, "the registry's, by the type of the result"),
    "unknown chunks": (_generator_of_texts, {}, "the registry's, by the type of the chunks"),
    "unknown stream": (_to_texts, {}, "the registry's, by the type of the chunks"),
}


@pytest.fixture
def their_package() -> None:
    """An entry point of another package registered an extractor."""
    token = source.set("their-package")
    register_extractor(Foreign)(read_reply)
    source.reset(token)


@pytest.mark.parametrize("case", EXTRACTORS)
def test_a5_where_the_extractor_came_from(ld: Any, their_package: None, case: str) -> None:
    """Its name, what it reads, and who registered it; for responses and chunks alike."""
    function, options, expected = EXTRACTORS[case]

    foreign = f"{Foreign.__module__}.{Foreign.__qualname__}"
    assert expected.format(foreign=foreign) == explain(tracked(KEY, **options)(function)).extractor


def test_a5_built_in_extractors_are_named(ld: Any) -> None:
    """Also those that no package of LaunchDarkly's is behind."""

    def answer() -> Message: ...

    def stream() -> Iterator[RawMessageStreamEvent]:
        yield from ()

    assert explain(tracked(KEY)(answer)).extractor.endswith("message for anthropic.Message, built in")
    assert explain(tracked(KEY)(stream)).extractor.endswith("Event, built in")


def test_a5_the_context_line_names_the_sources_in_order() -> None:
    """As docs/context.md does."""

    def by_argument(user: Context) -> Any: ...

    assert AROUND == explain(tracked(KEY)(_to_reply)).context
    assert f"the argument 'user', else {AROUND}" == explain(tracked(KEY)(by_argument)).context
    assert "from context=" == explain(tracked(KEY, context=USER)(by_argument)).context


def test_d5_values_that_a_partial_binds_are_not_shown() -> None:
    """Not in the plan, and not in the messages of slips."""

    def ask(question: str, tone: str, user: Context, size: int = 1) -> Any: ...

    bound = functools.partial(ask, "SECRET", tone="SECRET", user=Context.create("SECRET"))
    decorated = tracked(KEY)(bound)
    shown = [str(explain(decorated)), repr(explain(decorated)), repr(decorated.__ldtrack__)]
    for slip in (lambda: explain(bound), lambda: tracked(KEY, fallback=lambda *, other: 1)(bound)):
        with pytest.raises(TypeError) as caught:
            slip()
        shown.append(str(caught.value))

    assert [] == [text for text in shown if "SECRET" in text]
    assert "(*, tone=..., user=..., size=...)" in shown[-1]
