"""xAI's SDK, which speaks gRPC (C6, C8, E4)."""

from __future__ import annotations

from typing import Any

import pytest
from ldai.tracker import TokenUsage
from pydantic import BaseModel

from by_registry import read, said
from ldtrack import _registry
from ldtrack._metrics import read as reading
from needs import needs
from whole_way import Recorded, atrack, track

xai_sdk = needs("xai_sdk", "xai-sdk")
sdk = needs("xai_sdk.chat", "xai-sdk")
image = needs("xai_sdk.sync.image", "xai-sdk")
proto = needs("xai_sdk.proto", "xai-sdk")
wire: Any = needs("xai_server", "xai-sdk")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")

TOKENS = TokenUsage(total=12, input=7, output=5)
CALLS = [wire.call("get_weather"), wire.call("get_time", "2")]


class City(BaseModel):
    """What a reply is parsed into."""

    city: str


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The SDK's async client runs on asyncio only."""
    return "asyncio"


def test_c6_responses():
    """Reasoning is added to the output; counts that are 0 are absent."""
    assert reading(tokens=TOKENS) == read(sdk.Response(wire.response(), 0))
    assert reading() == read(sdk.Response(wire.response(usage=None), 0))


@pytest.mark.parametrize("reason", wire.sample.FinishReason.values())
def test_e_finish_reasons(reason):
    """None of them is a failure."""
    assert "success" == read(sdk.Response(wire.response(wire.output(reason=reason)), 0)).outcome


def test_c6_tool_calls():
    """Calls of the assistant have names; what answers a call of xAI's own tools repeats it."""
    answered = wire.output(role=wire.chat.ROLE_TOOL, tool_calls=CALLS[:1], content="rain")
    searched = wire.response(
        wire.output(tool_calls=CALLS[:1]), answered, wire.output(tool_calls=[*CALLS, wire.call("")])
    )

    assert ["get_weather", "get_time"] == read(sdk.Response(searched, None)).tool_calls


def test_c6_batches():
    """The responses of a batch have one usage together: the first one's."""
    both = wire.response(wire.output(content="a"), wire.output(index=1, content="b", tool_calls=CALLS))
    batch = [sdk.Response(both, 0), sdk.Response(both, 1)]

    assert [reading(tokens=TOKENS), reading("success", None, ["get_weather", "get_time"])] == [*map(read, batch)]
    assert reading("success", TOKENS, ["get_weather", "get_time"]) == read(batch)


def test_c6_what_is_no_chat():
    """Compacting a conversation has a usage, and all images of a request have one together."""
    compacted = sdk.CompactContextResponse(wire.chat.CompactContextResponse(usage=wire.USAGE))
    images = [proto.image_pb2.GeneratedImage(url="a"), proto.image_pb2.GeneratedImage(url="b")]
    made = proto.image_pb2.ImageResponse(images=images, usage=wire.USAGE)

    assert reading(tokens=TOKENS) == read(compacted)
    assert reading(tokens=TOKENS) == read([image.ImageResponse(made, 0), image.ImageResponse(made, 1)])


def fold(*chunks: Any) -> tuple[Any, list[bool]]:
    """Fold what the SDK's stream gives: the response so far, and the chunk."""
    whole = sdk.Response(wire.response(), 0)
    pairs = [(whole, sdk.Chunk(chunk, 0)) for chunk in chunks]
    extractor = _registry.find_chunk(pairs[0]).extractor()
    return extractor, [extractor.feed(pair) for pair in pairs]


def test_c8_streams():
    """Text, reasoning and calls are output; the counts of the last chunk hold."""
    early = wire.usage.SamplingUsage(prompt_tokens=7)
    folded, fed = fold(wire.chunk(usage=early), *wire.STREAM)

    assert [False, False, True, True, True, False] == fed
    assert reading("success", TOKENS, ["get_weather"]) == folded.result()


def test_e4_what_tools_answer_is_no_output():
    """Those on xAI's side answer in the stream, and repeat their call."""
    answer = wire.chunk(role=wire.chat.ROLE_TOOL, content="rain", tool_calls=CALLS[:1])
    done = wire.chunk(tool_calls=CALLS[:1])
    folded, fed = fold(answer, done, done)

    assert [False, True, True] == fed
    assert ["get_weather"] == folded.result().tool_calls


def test_c8_chunks_alone():
    """A generator may hand on the chunk, and keep the response."""
    chunks = [sdk.Chunk(chunk, 0) for chunk in wire.STREAM]
    folded = _registry.find_chunk(chunks[0]).extractor()

    assert [False, True, True, True, False] == [folded.feed(chunk) for chunk in chunks]
    assert reading("success", TOKENS, ["get_weather"]) == folded.result()


def test_c8_batches():
    """Each step gives all responses, and a view of the same chunk for each of them: it counts once."""
    steps = [([], [sdk.Chunk(chunk, 0), sdk.Chunk(chunk, 1)]) for chunk in wire.STREAM]
    folded = _registry.find_chunk(steps[0]).extractor()
    fed = [folded.feed(step) for step in steps]

    assert [False, True, True, True, False] == fed
    assert reading("success", TOKENS, ["get_weather"]) == folded.result()


def test_c7_what_only_has_the_name_of_a_chunk():
    """It tells nothing."""
    folded = _registry.find_chunk(sdk.Chunk(wire.STREAM[0], 0)).extractor()

    assert not folded.feed(object())
    assert reading() == folded.result()


ASKED: list[Any] = [
    (lambda chat: chat.sample(), False),
    (lambda chat: chat.stream(), True),
    (lambda chat: chat.parse(City), False),
    (lambda chat: chat.stream_batch(1), True),
]


@pytest.mark.parametrize(("ask", "streaming"), ASKED)
def test_the_sync_client(ask, streaming):
    """Plain calls, streams and parsed replies are recorded."""
    with wire.xai_server() as host, xai_sdk.Client(api_key="any", api_host=host, use_insecure_channel=True) as client:
        recorded = track(lambda: ask(client.chat.create(model="m", messages=[sdk.user("Weather?")])))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded


@pytest.mark.anyio
@pytest.mark.parametrize(("ask", "streaming"), ASKED)
async def test_the_async_client(ask, streaming):
    """Plain calls, streams and parsed replies are recorded."""
    with wire.xai_server() as host:
        async with xai_sdk.AsyncClient(api_key="any", api_host=host, use_insecure_channel=True) as client:
            recorded = await atrack(lambda: ask(client.chat.create(model="m", messages=[sdk.user("Weather?")])))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded


def test_c6_text_whose_tokens_are_estimated():
    """What was thought and written, and not what tools answer, if the stream was left before its counts came."""
    steps = [([], [sdk.Chunk(chunk, 0)]) for chunk in (*wire.STREAM, wire.chunk(role=wire.chat.ROLE_TOOL, content="x"))]

    assert "hmhi" == said(*steps) == said(*(chunks[0] for _, chunks in steps))
