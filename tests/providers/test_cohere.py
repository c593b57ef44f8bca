"""Cohere's SDK: whole responses of both versions of the API, and its clients (C6, E)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from chat_wire import CHAT, SSE
from cohere_wire import BILLED, META, TOKENS, V1_STREAM, V2_STREAM, reply, reply_v1, sse
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack, track

cohere = needs("cohere")
core = needs("cohere.core.unchecked_base_model", "cohere")

CALLED: Any = {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]}
QUESTION: Any = {"message": "Weather?", "request_options": {"max_retries": 0}}


def read(kind: str, value: Any) -> Any:
    """Read a response as the SDK's class."""
    response = core.construct_type(type_=getattr(cohere, kind), object_=value)
    return _registry.find(response).extractor(response)


def test_c6_what_the_model_read_counts():
    """What was billed is less, and counts only alone; counts are floats in the SDK's objects."""
    assert reading(tokens=TOKENS) == read("V2ChatResponse", reply())
    assert reading(tokens=TokenUsage(3, 2, 1)) == read("V2ChatResponse", reply(usage=BILLED))
    assert reading() == read("V2ChatResponse", reply(usage=None))


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        *(("COMPLETE", "success"), ("STOP_SEQUENCE", "success"), ("MAX_TOKENS", "success"), ("TOOL_CALL", "success")),
        *(("ERROR", "error"), ("TIMEOUT", "error"), ("INVENTED_LATER", "success")),
    ],
)
def test_e_finish_reasons(reason, outcome):
    """What the service reports as failed is an error; what is cut short is none."""
    assert reading(outcome, TOKENS) == read("V2ChatResponse", reply(reason))


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [("ERROR_TOXIC", "error"), ("ERROR_LIMIT", "error"), ("USER_CANCEL", None), (None, "success")],
)
def test_e_finish_reasons_of_version_1(reason, outcome):
    """It has some more; what the caller cancelled is neither a success nor an error."""
    assert reading(outcome, TOKENS) == read("NonStreamedChatResponse", reply_v1(reason))


def test_c6_tool_calls():
    """Their names stand deeper in version 2."""
    v1 = reply_v1(tool_calls=[{"name": "get_weather", "parameters": {}}, {"name": "get_time", "parameters": {}}])

    assert ["get_weather"] == read("V2ChatResponse", reply("TOOL_CALL", **CALLED)).tool_calls
    assert ["get_weather", "get_time"] == read("NonStreamedChatResponse", v1).tool_calls


@pytest.mark.parametrize(
    ("kind", "value", "tokens"),
    [
        ("EmbedByTypeResponse", {"id": "e", "embeddings": {}, "meta": BILLED}, TokenUsage(3, 2, 1)),
        ("EmbedFloatsResponse", {"id": "e", "embeddings": [], "meta": BILLED}, TokenUsage(3, 2, 1)),
        ("EmbeddingsByTypeEmbedResponse", {"id": "e", "embeddings": {}, "meta": BILLED}, TokenUsage(3, 2, 1)),
        ("RerankResponse", {"results": [], "meta": {"billed_units": {"search_units": 1}}}, None),
        ("V2RerankResponse", {"results": [], "meta": {"billed_units": {"search_units": 1}}}, None),
        ("Generation", {"id": "g", "generations": [], "meta": META}, TOKENS),
        ("ClassifyResponse", {"id": "c", "classifications": []}, None),
    ],
)
def test_c6_what_is_no_chat(kind, value, tokens):
    """Embeddings bill tokens, reranking bills searches."""
    assert reading(tokens=tokens) == read(kind, value)


def answers() -> list[Any]:
    """Return the calls of a client, what the server answers, and what is recorded."""
    ranking = {"results": [], "meta": {"billed_units": {"search_units": 1}}}
    vectors = {"id": "e", "embeddings": {"float": [[0.1]]}, "meta": {"billed_units": {"input_tokens": 2}}}
    told = Recorded("success", 7, 5, [], True)
    return [
        pytest.param(lambda c: c.v2.chat(**CHAT), [json.dumps(reply())], "", told._replace(first_token=False), id="v2"),
        pytest.param(lambda c: c.v2.chat_stream(**CHAT), sse(*V2_STREAM), SSE, told, id="v2 stream"),
        pytest.param(
            lambda c: c.chat(**QUESTION), [json.dumps(reply_v1())], "", told._replace(first_token=False), id="v1"
        ),
        pytest.param(
            lambda c: c.chat_stream(**QUESTION),
            [f"{json.dumps(event)}\n" for event in V1_STREAM],
            "",
            told,
            id="v1 stream",
        ),
        pytest.param(
            lambda c: c.v2.embed(model="m", texts=["a"], input_type="search_query"),
            [json.dumps(vectors)],
            "",
            Recorded("success", 2, None, [], False),
            id="embed",
        ),
        pytest.param(
            lambda c: c.v2.rerank(model="m", query="a", documents=["b"]),
            [json.dumps(ranking)],
            "",
            Recorded("success", None, None, [], False),
            id="rerank",
        ),
        pytest.param(
            lambda c: c.v2.with_raw_response.chat(**CHAT),
            [json.dumps(reply())],
            "",
            told._replace(first_token=False),
            id="with headers",
        ),
    ]


@pytest.mark.parametrize(("ask", "pieces", "content_type", "expected"), answers())
def test_the_sync_client(ask, pieces, content_type, expected):
    """Each call is recorded; streams are lazy generators."""
    served = answering(*pieces, content_type=content_type or "application/json")
    with served as url, cohere.Client("any", base_url=url) as client:
        assert expected == track(lambda: ask(client))


@pytest.mark.anyio
@pytest.mark.parametrize(("ask", "pieces", "content_type", "expected"), answers())
async def test_the_async_client(ask, pieces, content_type, expected):
    """Each call is recorded; streams are lazy async generators."""
    with answering(*pieces, content_type=content_type or "application/json") as url:
        async with cohere.AsyncClient("any", base_url=url) as client:
            assert expected == await atrack(lambda: ask(client))


def test_c6_headers_beside_a_response_that_nobody_knows():
    """There is nothing to read, and nothing failed."""
    response = cohere.core.http_response.HttpResponse(None, data=object())

    assert reading() == _registry.find(response).extractor(response)
