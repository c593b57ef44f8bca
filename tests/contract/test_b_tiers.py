"""B2 to B5, C: which tier is chosen, and what each of them records."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from ldai import AICompletionConfig
from ldai.providers.types import LDAIMetrics
from ldai.tracker import LDAIConfigTracker, TokenUsage
from openai import OpenAI
from openai.types.chat import ChatCompletion

from contract.loopback import BODY, openai_server
from ldtrack import (
    current_run,
    explain,
    extractor_for,
    inject,
    register_extractor,
    registered,
    tracked,
)
from support import KEY, Chunk, Reply, Stream, last, only_run, read_reply, whole


def completion(**changes: Any) -> ChatCompletion:
    """A real chat completion object."""
    return ChatCompletion.model_validate({**BODY, **changes})


def test_b2_real_openai_client(ld: Any) -> None:
    """The real OpenAI client's response gives its tokens, and comes back itself."""
    with openai_server() as (url, _):
        client = OpenAI(base_url=url, api_key="k")

        @tracked(KEY)
        def answer(question: str, config: AICompletionConfig = inject()) -> ChatCompletion:
            assert config.model
            return client.chat.completions.create(
                model=config.model.name, messages=[{"role": "user", "content": question}]
            )

        assert "hello" == answer("q").choices[0].message.content
    run = only_run(ld)
    assert ("success", 11, 7, 18) == (run.outcome, run.input_tokens, run.output_tokens, run.total_tokens)


def test_b2_tool_calls_and_failures_that_the_package_cannot_see(ld: Any) -> None:
    """What the official reading leaves out or gets wrong is supplied."""
    call = {"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    with_tool = [{"index": 0, "finish_reason": "tool_calls", "message": message, "logprobs": None}]
    filtered = [{**BODY["choices"][0], "finish_reason": "content_filter"}]

    for choices in (with_tool, filtered):
        tracked(KEY)(lambda choices=choices: completion(choices=choices))()
    tool_run, filtered_run = ld.runs()
    assert ("success", ["search"]) == (tool_run.outcome, list(tool_run.tool_calls))
    assert ("error", 18) == (filtered_run.outcome, filtered_run.total_tokens)


def test_b2_tier_is_told(ld: Any) -> None:
    """`explain` says tier 2 for a type with an installed provider package."""

    @tracked(KEY)
    def answer() -> ChatCompletion:
        return completion()

    assert 2 == explain(answer).tier
    assert "ldai_openai" in str(explain(answer))


def test_b3_extractor_option_and_registry(ld: Any) -> None:
    """`extractor=` wins over the registry; the registry serves the rest."""

    @tracked(KEY, extractor=lambda reply: LDAIMetrics(success=True, tokens=TokenUsage(total=2, input=1, output=1)))
    def own() -> Reply:
        return Reply()

    @tracked(KEY)
    def known() -> Reply:
        return Reply()

    own(), known()
    assert [2, 8] == [run.total_tokens for run in ld.runs()]
    assert [3, 3] == [explain(own).tier, explain(known).tier]


def test_b3_type_open_at_decoration_is_found_at_the_call(ld: Any) -> None:
    """Without an annotation the object returned decides, each time anew."""
    results: list[Any] = [Reply(), completion(), "text"]

    @tracked(KEY)
    def answer():
        return results.pop(0)

    for _ in range(3):
        answer()
    assert [8, 18, None] == [run.total_tokens for run in ld.runs()]


def test_b3_a_lying_annotation_does_not_matter(ld: Any) -> None:
    """The object counts, not what the annotation promised."""

    @tracked(KEY)
    def answer() -> ChatCompletion:
        return Reply()

    answer()
    assert 8 == only_run(ld).total_tokens


def test_b3_registering_later(ld: Any) -> None:
    """A type registered after the first call is read from then on."""

    class Late:
        pass

    @tracked(KEY)
    def answer() -> Late:
        return Late()

    answer()
    register_extractor(Late)(lambda late: LDAIMetrics(success=False))
    answer()
    assert ["success", "error"] == [run.outcome for run in ld.runs()]


def test_c1_users_registration_wins_and_subclasses_match(ld: Any) -> None:
    """A subclass of a registered class is read; a more specific registration wins."""

    class Special(Reply):
        pass

    assert (extractor_for(Special) or print)(Reply()) == read_reply(Reply())
    register_extractor(Special)(lambda reply: LDAIMetrics(success=False))
    tracked(KEY)(lambda: Special())()
    tracked(KEY)(lambda: Reply())()
    assert ["error", "success"] == [run.outcome for run in ld.runs()]
    assert registered()


def _generator() -> Iterator[Any]:
    yield from whole()


async def _async_generator() -> AsyncIterator[Any]:
    for chunk in whole():
        yield chunk


def _to_iterator() -> Iterator[Chunk]:
    return iter(whole())


def _by_hand(tracker: LDAIConfigTracker) -> None:
    tracker.track_success()


@pytest.mark.parametrize("function", [_generator, _async_generator, _to_iterator, _by_hand])
def test_b4_tier_four(function: Any) -> None:
    """Generators, annotated streams and functions that take the tracker are tier 4."""
    assert 4 == explain(tracked(KEY)(function)).tier


def test_b4_stream_without_annotation(ld: Any) -> None:
    """A stream that no annotation announced is still tracked as one."""

    @tracked(KEY)
    def answer():
        return Stream(whole())

    assert 4 == len(list(answer()))
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_b4_function_that_returns_now_a_stream_now_a_reply(ld: Any) -> None:
    """`stream=True` decides at the call."""

    @tracked(KEY)
    def answer(stream: bool) -> Any:
        return Stream(whole()) if stream else Reply()

    answer(False)
    list(answer(True))
    answer(False)
    assert [8, 8, 8] == [run.total_tokens for run in ld.runs()]
    assert [False, True, False] == [run.time_to_first_token_ms is not None for run in ld.runs()]


def test_b5_no_extractor_warns_once_per_site(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """One warning per call site names the type and the line that registers an extractor."""

    class Unknown:
        pass

    @tracked(KEY)
    def one() -> Unknown:
        return Unknown()

    @tracked(KEY)
    def two() -> Unknown:
        return Unknown()

    one(), one(), two()
    warned = [r.getMessage() for r in caplog.records if r.name == "ldtrack" and r.levelno == logging.WARNING]
    assert 2 == len(warned)
    assert all("Unknown" in text and "register_extractor" in text for text in warned)
    assert ["success"] * 3 == [run.outcome for run in ld.runs()]


def test_b5_no_warning_when_metrics_came_otherwise(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Joined calls and tracking by hand supply the metrics: nothing to warn about."""

    @tracked(KEY)
    def inner() -> Reply:
        return Reply()

    @tracked(KEY)
    def joined() -> Any:
        return {"answer": inner().text}

    @tracked(KEY)
    def by_hand() -> Any:
        current_run().tracker.track_tokens(TokenUsage(total=2, input=1, output=1))
        return object()

    joined(), by_hand()
    assert [] == [r.getMessage() for r in caplog.records if r.name == "ldtrack" and r.levelno == logging.WARNING]
    assert [8, 2] == [run.total_tokens for run in ld.runs()]


def test_b4_last_chunk_only(ld: Any) -> None:
    """A stream of a single terminal chunk is complete."""

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        yield last()

    assert 1 == len(list(answer()))
    assert ("success", None) == (only_run(ld).outcome, only_run(ld).time_to_first_token_ms)
