"""The deprecated `vertexai.generative_models`: wrappers around protobuf messages (C6, C8, E)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ldai.tracker import TokenUsage
from ldclient import Context

from by_registry import read
from ldtrack import tracked
from ldtrack._metrics import read as reading
from ldtrack.local import LocalLaunchDarkly
from needs import needs

models = needs("vertexai.generative_models", "google-cloud-aiplatform")

USAGE = {"prompt_token_count": 10, "candidates_token_count": 5, "thoughts_token_count": 20, "total_token_count": 35}
TOKENS = TokenUsage(total=35, input=10, output=25)
CALL = {"function_call": {"name": "weather", "args": {"city": "Oslo"}}}


def response(*parts: Any, reason: str = "STOP", usage: Any = USAGE) -> Any:
    """Return a response, or a chunk of one."""
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finish_reason": reason}
    return models.GenerationResponse.from_dict({"candidates": [candidate], "usage_metadata": usage})


@pytest.fixture
def local() -> Iterator[LocalLaunchDarkly]:
    """A real LaunchDarkly client over one config."""
    with LocalLaunchDarkly({"chat": {"model": {"name": "gemini-2.5-flash"}, "provider": {"name": "Gemini"}}}) as local:
        yield local


def test_c6_generation_responses():
    """Absent counts are 0 here; an empty message tells nothing."""
    assert reading(tokens=TOKENS, tool_calls=["weather"]) == read(response({"text": "hi"}, CALL))
    assert reading() == read(models.GenerationResponse())


@pytest.mark.parametrize("reason", sorted(models.FinishReason.__members__))
def test_e_each_finish_reason(reason):
    """The enum has numbers; the prompt's feedback is always there, and blocks only with a reason."""
    fine = reason in {"FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS"}

    assert ("success" if fine else "error") == read(response({"text": "hi"}, reason=reason)).outcome


def test_e_a_blocked_prompt_is_an_error():
    """Its `text` would raise."""
    blocked = models.GenerationResponse.from_dict({"prompt_feedback": {"block_reason": "SAFETY"}})

    assert reading("error") == read(blocked)


def test_c6_a_tracked_call_and_stream(local):
    """Its client talks gRPC; what it hands out is returned and yielded here."""
    track = tracked("chat", client=local.client, context=Context.create("ada"))
    started = response({"text": "h"}, reason="FINISH_REASON_UNSPECIFIED", usage={"prompt_token_count": 10})

    track(lambda: response({"text": "hi"}))()
    list(track(lambda: iter([started, response({"text": "i"}, reason="SAFETY")]))())

    whole, stream = local.runs()
    assert ("success", 10, 25) == (whole.outcome, whole.input_tokens, whole.output_tokens)
    assert ("error", 10, 25) == (stream.outcome, stream.input_tokens, stream.output_tokens)
    assert stream.time_to_first_token_ms is not None
