"""google-genai: responses, as the SDK itself parses what the server sent (C6, E)."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from ldai.tracker import TokenUsage
from ldclient import Context

from ldtrack import _registry, tracked
from ldtrack._loopback import serve
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from ldtrack.replay._cases import Recorded
from ldtrack.replay._server import Player
from needs import needs

genai = needs("google.genai", "google-genai")
types = needs("google.genai.types", "google-genai")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

JSON = {"content-type": "application/json"}
USAGE = {
    "promptTokenCount": 10,
    "cachedContentTokenCount": 4,
    "toolUsePromptTokenCount": 3,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 20,
    "totalTokenCount": 38,
}
TOKENS = TokenUsage(total=38, input=13, output=25)
CALL = {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}


def body(*parts: Any, reason: str = "STOP", **changes: Any) -> dict[str, Any]:
    """Return what the server answers."""
    candidates = [{"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}]
    return {"candidates": candidates, "usageMetadata": USAGE, "responseId": "a", **changes}


def weather(city: str) -> str:
    """Tell the weather."""
    return f"rain in {city}"


def client(url: str) -> Any:
    """Return a client of a loopback server."""
    return genai.Client(vertexai=False, api_key="any", http_options={"base_url": url})


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The SDK's async client runs on asyncio only."""
    return "asyncio"


def read(kind: str, value: Any) -> Any:
    """Read an answer as the SDK's class."""
    response = getattr(types, kind).model_validate(value)
    return _registry.find(response).extractor(response)


def test_c6_generate_content():
    """Thoughts and tool prompts are added, the cached part is not added again; `text` is never asked for."""
    parts = [{"text": "hm", "thought": True}, {"text": "hi"}, CALL]

    assert reading(tokens=TOKENS, tool_calls=["weather"]) == read("GenerateContentResponse", body(*parts))
    assert reading() == read("GenerateContentResponse", {"candidates": [{"content": {"parts": [{"text": "hi"}]}}]})


@pytest.mark.parametrize("reason", sorted(types.FinishReason.__members__))
def test_e_each_finish_reason_of_the_sdk_is_known(reason):
    """Fine are those of a model that stopped by itself or was cut short; a release may bring others."""
    fine = {"FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "CONTINUATION"}

    metrics = read("GenerateContentResponse", body(reason=reason))

    assert ("success" if reason in fine else "error") == metrics.outcome


def test_e_finish_reasons_of_tomorrow_are_successes():
    """The SDK makes members of its enum for them as it goes."""
    assert "success" == read("GenerateContentResponse", body(reason="INVENTED_LATER")).outcome


def test_e_a_safety_stop_without_content_is_an_error():
    """The candidate has no content at all."""
    stopped = {"candidates": [{"finishReason": "SAFETY"}], "usageMetadata": USAGE}

    assert reading("error", TOKENS) == read("GenerateContentResponse", stopped)


@pytest.mark.parametrize("reason", sorted(types.BlockedReason.__members__))
def test_e_a_blocked_prompt_is_an_error(reason):
    """There are no candidates then, and often no counts."""
    blocked = {"promptFeedback": {"blockReason": reason}, "usageMetadata": {"trafficType": "ON_DEMAND"}}

    expected = "success" if reason == "BLOCKED_REASON_UNSPECIFIED" else "error"
    assert reading(expected) == read("GenerateContentResponse", blocked)


def test_c6_embeddings():
    """Vertex counts the tokens of each embedding, newer releases have a usage; else nothing is known."""
    counted = {
        "embeddings": [{"values": [0.1], "statistics": {"tokenCount": 3.0}}, {"statistics": {"tokenCount": 4.0}}]
    }
    with_usage = {"embeddings": [{"values": [0.1]}], "usageMetadata": {"promptTokenCount": 7, "totalTokenCount": 7}}
    seven = reading(tokens=TokenUsage(7, 7, 0))

    assert seven == read("EmbedContentResponse", counted)
    assert reading() == read("EmbedContentResponse", {"embeddings": [{"values": [0.1]}]})
    if "usage_metadata" in types.EmbedContentResponse.model_fields:
        assert seven == read("EmbedContentResponse", with_usage)


def test_counting_tokens_is_no_usage():
    """Nothing was generated."""
    assert reading() == read("CountTokensResponse", {"totalTokens": 7})
    assert reading() == read("ComputeTokensResponse", {"tokensInfo": []})


def test_c6_a_tracked_call(local):
    """The whole way, through the real client."""
    track = tracked("assistant", client=local.client, context=Context.create("ada"))

    with answering(json.dumps(body({"text": "hi"}, CALL))) as url, client(url) as gemini:
        track(gemini.models.generate_content)(model="gemini-2.5-flash", contents="hi")

    (run,) = local.runs()
    assert ("success", 13, 25, 38, ["weather"]) == (
        run.outcome,
        run.input_tokens,
        run.output_tokens,
        run.total_tokens,
        run.tool_calls,
    )
    assert run.time_to_first_token_ms is None


@pytest.mark.anyio
async def test_c6_a_tracked_async_call(local):
    """The same, awaited."""

    @tracked("assistant", client=local.client, context=Context.create("ada"))
    async def ask(gemini: Any) -> Any:
        return await gemini.models.generate_content(model="gemini-2.5-flash", contents="hi")

    with answering(json.dumps(body({"text": "no"}, reason="SAFETY"))) as url:
        async with client(url).aio as gemini:
            await ask(gemini)

    (run,) = local.runs()
    assert ("error", 13, 25) == (run.outcome, run.input_tokens, run.output_tokens)


def test_e_an_error_of_the_server_is_raised(local):
    """It is the SDK's own exception, and an error."""
    track = tracked("assistant", client=local.client, context=Context.create("ada"))
    error = {"error": {"code": 404, "message": "no such model", "status": "NOT_FOUND"}}

    with (
        answering(json.dumps(error), status=404) as url,
        client(url) as gemini,
        pytest.raises(genai.errors.ClientError),
    ):
        track(gemini.models.generate_content)(model="gemini-0", contents="hi")

    assert ["error"] == [run.outcome for run in local.runs()]


@pytest.mark.parametrize("history", [False, True])
def test_tool_names_of_automatic_function_calling(history):
    """The SDK calls functions by itself, and names them in a history, which starts with what the caller sent."""
    earlier = [
        types.Content(role="user", parts=[types.Part(text="and before?")]),
        types.Content(role="model", parts=[types.Part(function_call=types.FunctionCall(name="old", args={}))]),
        types.Content(role="user", parts=[types.Part.from_function_response(name="old", response={"result": "x"})]),
    ]
    contents = [*(earlier if history else ()), types.Content(role="user", parts=[types.Part(text="weather?")])]
    answers = [body(CALL, CALL), body({"text": "rain"})]
    player = Player()
    player.play(SimpleNamespace(steps=[Recorded(200, JSON, json.dumps(answer).encode()) for answer in answers]))

    with serve(player.app()) as url, client(url) as gemini:
        response = gemini.models.generate_content(
            model="gemini-2.5-flash", contents=contents, config={"tools": [weather]}
        )

    expected = reading(tokens=TOKENS, tool_calls=["weather", "weather"])
    assert expected == _registry.find(response).extractor(response)


@pytest.mark.parametrize("stream", [False, True])
def test_f5_parsed_bodies_are_read_alike(stream):
    """What one gets without the SDK."""
    value = body({"text": "hi"})
    if stream:
        extractor = _registry.stream_extractor_for(value)()
        assert extractor.feed(value)
        assert reading(tokens=TOKENS) == extractor.result()
    else:
        assert read("GenerateContentResponse", value) == _registry.find(value).extractor(value)
