"""Instructor, over OpenAI's and Anthropic's SDKs (C1, C6, E)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from ldai.tracker import TokenUsage
from pydantic import BaseModel

from chat_wire import CALL, CHAT, SSE, USAGE, chunk, completion, sse
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack, track

instructor = needs("instructor")
errors = needs("instructor.core")
openai = needs("openai")
anthropic = needs("anthropic")

TOLD = Recorded("success", 7, 5, [], False)
NOTHING = Recorded("success", None, None, [], False)


class Rider(BaseModel):
    """What the model is asked for."""

    name: str


def called(arguments: Any) -> dict[str, Any]:
    """Return a completion that calls the schema."""
    function = {"name": "Rider", "arguments": json.dumps(arguments)}
    return completion("tool_calls", content=None, tool_calls=[{**CALL, "function": function}])


def streamed(arguments: Any) -> list[str]:
    """Return the chunks of a call of the schema, some letters each, and its usage."""
    text = json.dumps(arguments)
    named = chunk(tool_calls=[{**CALL, "function": {"name": "Rider", "arguments": ""}}])
    pieces = [text[at : at + 4] for at in range(0, len(text), 4)]
    fragments = [chunk(tool_calls=[{"index": 0, "function": {"arguments": piece}}]) for piece in pieces]
    return sse(named, *fragments, chunk("tool_calls", usage=USAGE))


@contextmanager
def client(*pieces: str, content_type: str = "application/json", status: int = 200) -> Iterator[Any]:
    """Give a client whose server always answers the same."""
    with (
        answering(*pieces, content_type=content_type, status=status) as url,
        openai.OpenAI(api_key="any", base_url=url, max_retries=0) as inner,
    ):
        yield instructor.from_openai(inner)


@asynccontextmanager
async def aclient(*pieces: str, content_type: str = "application/json") -> AsyncIterator[Any]:
    """Give the async one."""
    with answering(*pieces, content_type=content_type) as url:
        async with openai.AsyncOpenAI(api_key="any", base_url=url, max_retries=0) as inner:
            yield instructor.from_openai(inner)


ASKED = [
    pytest.param(Rider, {"name": "ada"}, TOLD, id="a model"),
    pytest.param(list[Rider], {"tasks": [{"name": "ada"}, {"name": "ben"}]}, TOLD, id="a list"),
    pytest.param(int, {"content": 3}, NOTHING, id="a number, which holds no response"),
]


SEVERAL = pytest.param(Iterable[Rider], {"tasks": [{"name": "ada"}]}, TOLD, id="several: the async client streams")


@pytest.mark.parametrize(("model", "arguments", "expected"), [*ASKED, SEVERAL])
def test_c1_the_response_that_a_model_holds(model, arguments, expected):
    """It tells the tokens; the call of the schema is no tool call."""
    with client(json.dumps(called(arguments))) as riders:
        assert expected == track(lambda: riders.create(response_model=model, **CHAT))


@pytest.mark.anyio
@pytest.mark.parametrize(("model", "arguments", "expected"), ASKED)
async def test_c1_the_response_that_a_model_holds_async(model, arguments, expected):
    """The same."""
    async with aclient(json.dumps(called(arguments))) as riders:
        assert expected == await atrack(lambda: riders.create(response_model=model, **CHAT))


@pytest.mark.parametrize("model", [Rider, list[Rider]])
def test_c1_a_model_beside_its_completion(model):
    """The completion is read."""
    with client(json.dumps(called({"name": "ada", "tasks": [{"name": "ada"}]}))) as riders:
        assert TOLD == track(lambda: riders.create_with_completion(response_model=model, **CHAT))


def test_c1_a_filtered_answer():
    """The outcome is the completion's."""
    filtered = called({"name": "ada"})
    filtered["choices"][0]["finish_reason"] = "content_filter"

    with client(json.dumps(filtered)) as riders:
        assert TOLD._replace(outcome="error") == track(lambda: riders.create(response_model=Rider, **CHAT))


def test_c6_retries_count_too():
    """Instructor adds their usage to the response's; here the second of two answers fits."""
    tries = iter([ValueError("once more")])

    class Picky(Rider):
        def model_post_init(self, _context: Any) -> None:
            for refusal in tries:
                raise refusal

    with client(json.dumps(called({"name": "ada"}))) as riders:
        recorded = track(lambda: riders.create(response_model=Picky, max_retries=1, **CHAT))

    assert TOLD._replace(input=14, output=10) == recorded


def test_c6_items_of_a_stream_hold_nothing():
    """The first is the first token; nobody has the response."""
    riders = {"tasks": [{"name": "ada"}, {"name": "ben"}]}

    with client(*streamed(riders), content_type=SSE) as opened:
        recorded = track(lambda: opened.create_iterable(response_model=Rider, **CHAT))

    assert NOTHING._replace(first_token=True) == recorded


@pytest.mark.anyio
async def test_c6_partial_models_hold_nothing():
    """The first is the first token; nobody has the response."""
    async with aclient(*streamed({"name": "ada"}), content_type=SSE) as opened:
        recorded = await atrack(lambda: opened.create_partial(response_model=Rider, **CHAT))

    assert NOTHING._replace(first_token=True) == recorded


def test_c6_partial_models_of_the_sync_client():
    """They come as a list, when all are there."""
    with client(*streamed({"name": "ada"}), content_type=SSE) as opened:
        assert NOTHING == track(lambda: opened.create_partial(response_model=Rider, **CHAT))


def paid(exc: BaseException) -> Any:
    """Read an exception with what the registry finds."""
    return _registry.find_exception(exc).extractor(exc)


def given_up(riders: Any, **asked: Any) -> BaseException:
    """Return what instructor raises when it gives up."""
    raised = (errors.InstructorRetryException, errors.IncompleteOutputException)
    with pytest.raises(raised) as caught:
        riders.create(response_model=Rider, **CHAT, **asked)
    return caught.value


def test_e_answers_that_never_fit():
    """All attempts were paid for."""
    with client(json.dumps(called({}))) as riders:
        raised = given_up(riders, max_retries=2)

    assert reading("error", TokenUsage(36, 21, 15)) == paid(raised)


def test_e_an_answer_that_was_cut_off():
    """Its completion was paid for."""
    cut = called({"name": "ada"})
    cut["choices"][0]["finish_reason"] = "length"
    raised = errors.IncompleteOutputException(last_completion=openai.types.chat.ChatCompletion(**cut))

    with client(json.dumps(cut)) as riders:
        given = given_up(riders, max_retries=0)

    assert reading("error", TokenUsage(12, 7, 5)) == paid(raised) == paid(given)


def test_e_answers_of_anthropic_that_never_fit():
    """Cached tokens are input, too."""
    usage = {"input_tokens": 7, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 0, "output_tokens": 5}
    block = {"type": "tool_use", "id": "t", "name": "Rider", "input": {}}
    body = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [block]}
    answer = json.dumps({**body, "stop_reason": "tool_use", "stop_sequence": None, "usage": usage})

    with answering(answer) as url, anthropic.Anthropic(api_key="any", base_url=url, max_retries=0) as inner:
        raised = given_up(instructor.from_anthropic(inner), max_retries=1, max_tokens=10)

    assert reading("error", TokenUsage(44, 34, 10)) == paid(raised)


def test_e_no_answer_at_all():
    """Nothing was paid for."""
    with client("{}", status=400) as riders:
        raised = given_up(riders)

    assert reading("error") == paid(raised)
