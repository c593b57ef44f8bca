"""DSPy's predictions and streamed programs (C6, C8, E4)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ldai.tracker import TokenUsage
from ldclient import Context

from by_registry import said
from chat_wire import SSE, TOKENS, TWICE, USAGE, chunk, completion, sse
from ldtrack import _registry, tracked
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, track

dspy = needs("dspy")
messages = needs("dspy.streaming.messages", "dspy")
engines = needs("dspy.clients.engines.streaming", "dspy")

TOLD = Recorded("success", 7, 5, [], False)
ANSWER = ("[[ ## answer ## ]]\n", "hi", " there", "\n\n[[ ## completed ## ]]")
# The SDK's own use of its cache, and of what it imports.
pytestmark = pytest.mark.filterwarnings("ignore")


def predicted(usage: Any) -> Any:
    """Return a prediction for which models were used."""
    made = dspy.Prediction(answer="hi")
    made.set_lm_usage(usage)
    return made


@contextmanager
def model(*pieces: str, content_type: str = "application/json", engine: str = "auto", **options: Any) -> Iterator[None]:
    """Let DSPy ask a model whose server always answers the same."""
    with answering(*pieces, content_type=content_type) as url:
        asked = dspy.LM("openai/gpt-4o", api_key="any", api_base=url, cache=False, num_retries=0, engine=engine)
        with dspy.context(lm=asked, **options):
            yield


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"openai/gpt-4o": USAGE}, TOKENS),
        ({"openai/gpt-4o": USAGE, "openai/gpt-4o-mini": USAGE}, TWICE),
        ({"openai/o3": {"input_tokens": 7, "output_tokens": 5}}, TOKENS),
        ({}, None),
        (None, None),
    ],
)
def test_c6_predictions(usage, tokens):
    """What all models used adds up, whichever names it has; without tracking there is none."""
    made = predicted(usage)

    told = _registry.find(made).extractor(made)
    assert reading(tokens=tokens) == told
    assert (usage is None) is (told.usage_option is not None)


@pytest.mark.parametrize(("usage", "expected"), [(None, TOKENS), ({"m": {"prompt_tokens": 3}}, TokenUsage(3, 3, 0))])
def test_c8_streamed_programs(usage, expected):
    """The prediction's usage goes before the chunks', which it repeats; what it took to get there is no output."""
    parts = [
        messages.StatusMessage("calling"),
        engines.EngineChunk({"choices": [{"index": 0, "delta": {"content": None}, "finish_reason": None}]}),
        engines.EngineChunk({"choices": [{"index": 0, "delta": {"content": "hi"}}]}),
        engines.EngineChunk({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": USAGE}),
        messages.StreamResponse("self", "answer", "hi", is_last_chunk=False),
        messages.StreamResponse("self", "answer", "", is_last_chunk=True),
        predicted(usage),
    ]
    (factory,) = {_registry.find_chunk(part).extractor for part in parts}
    extractor = factory()

    assert [False, False, True, False, True, False, True] == [extractor.feed(part) for part in parts]
    assert reading(tokens=expected) == extractor.result()


def test_c8_several_predictions():
    """They add up."""
    extractor = _registry.find_chunk(predicted(None)).extractor()
    for usage in ({"m": USAGE}, None, {"m": USAGE}):
        assert extractor.feed(predicted(usage))

    assert reading(tokens=TWICE) == extractor.result()


@pytest.mark.parametrize(("tracking", "expected"), [(True, TOLD), (False, TOLD._replace(input=None, output=None))])
def test_a_program(tracking, expected):
    """It tells what was used, if that is tracked."""
    with model(json.dumps(completion(content="".join(ANSWER))), track_usage=tracking):
        assert expected == track(lambda: dspy.Predict("question -> answer")(question="Weather?"))


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("fields", [["answer"], []])
@pytest.mark.parametrize("engine", ["auto", "litellm"])
async def test_a_streamed_program(fields, engine, anyio_backend, local):
    """Its parts tell when output began, and the prediction at its end what was used; the models' chunks repeat it."""
    told = {"id": "1", "object": "chat.completion.chunk", "model": "gpt-4o", "created": 1}
    chunks = [*(chunk(content=piece) for piece in ANSWER), chunk("stop", usage=USAGE)]
    pieces = sse(*({**told, **part} for part in chunks))
    listeners = [dspy.streaming.StreamListener(signature_field_name=name) for name in fields]

    with model(*pieces, content_type=SSE, engine=engine, track_usage=True):
        program = dspy.streamify(dspy.Predict("question -> answer"), stream_listeners=listeners)

        @tracked("assistant", client=local.client, context=Context.create("ada"))
        async def ask() -> Any:
            return program(question="Weather?")

        parts = [part async for part in await ask()]

    (run,) = local.runs()
    assert "hi there" == parts[-1].answer
    assert ("success", 7, 5) == (run.outcome, run.input_tokens, run.output_tokens)
    assert run.time_to_first_token_ms is not None
    assert run.time_to_first_token_ms <= run.duration_ms


def test_c6_text_whose_tokens_are_estimated():
    """It is in the models' chunks, or in the fields made of them."""
    raw = engines.EngineChunk({"choices": [{"index": 0, "delta": {"content": "hi"}}]})

    assert "hi" == said(raw) == said(messages.StreamResponse("self", "answer", "hi", is_last_chunk=False))


def test_c6_usage_that_is_not_tracked(caplog):
    """DSPy tells nothing of it unasked: how to ask is said once."""
    with model(json.dumps(completion(content="".join(ANSWER)))):
        track(lambda: dspy.Predict("question -> answer")(question="Weather?"))

    assert 1 == caplog.text.count("ask for them with `dspy.configure(track_usage=True)`")


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_c6_usage_of_a_stream_that_is_not_tracked(anyio_backend, local, caplog):
    """DSPy has to be asked, and not the models whose chunks it passes on."""
    told = {"id": "1", "object": "chat.completion.chunk", "model": "gpt-4o", "created": 1}
    pieces = sse(*({**told, **part} for part in [*(chunk(content=piece) for piece in ANSWER), chunk("stop")]))
    with model(*pieces, content_type=SSE, engine="litellm"):
        program = dspy.streamify(dspy.Predict("question -> answer"))

        @tracked("assistant", client=local.client, context=Context.create("ada"))
        async def ask() -> Any:
            return program(question="Weather?")

        async for _ in await ask():
            pass

    assert "ask for them with `dspy.configure(track_usage=True)`" in caplog.text
