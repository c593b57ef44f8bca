"""What the test kit looks like to a type checker."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any

from openai.types.chat import ChatCompletionChunk
from typing_extensions import assert_type

from ldtrack.local import LocalLaunchDarkly, RunAssertions, Runs
from ldtrack.testing import Clock, FakeStream, local_launchdarkly


def assertions_chain(ldtrack_local: LocalLaunchDarkly) -> None:
    runs = ldtrack_local.runs()
    assert_type(runs, Runs)
    assert_type(runs.only("chat").succeeded().with_tokens(input=1).with_ttft(), RunAssertions)
    assert_type(runs[0].input_tokens, int | None)


def feedback_is_one_of_two(run: RunAssertions) -> None:
    run.with_feedback("positive")
    run.with_feedback("good")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def streams_have_the_type_of_their_chunks() -> None:
    assert_type(FakeStream("a").sync(), Generator[dict[str, Any], None, None])
    validated = FakeStream("a", chunk=ChatCompletionChunk.model_validate)
    assert_type(validated.asynchronous(), AsyncGenerator[ChatCompletionChunk, None])


def blocks_give_what_they_are_of() -> None:
    with local_launchdarkly({}) as local, Clock().used() as clock:
        assert_type(local, LocalLaunchDarkly)
        assert_type(clock, Clock)
