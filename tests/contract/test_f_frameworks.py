"""F2, F6 and B7 with the frameworks that meet decorated functions: Starlette, FastAPI, contextlib, threads."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

import anyio
import pytest
from fastapi import Depends, FastAPI
from ldai import AICompletionConfig
from ldclient import Context
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ldtrack import current_run, inject, tracked, use_context
from support import KEY, Chunk, Reply, hello, last, only_run, outcome_count


def context_of(user: str) -> Context:
    """The LaunchDarkly context of a user."""
    return Context.create(user)


@tracked(KEY)
def texts() -> Iterator[str]:
    """A sync generator of text."""
    assert current_run()
    yield from ["", "he", "llo"]


@tracked(KEY)
async def atexts() -> AsyncIterator[str]:
    """An async generator of text."""
    for text in ["", "he", "llo"]:
        await anyio.sleep(0)
        yield text


def serve(endpoint: Any) -> TestClient:
    """An app with one route."""
    return TestClient(Starlette(routes=[Route("/", endpoint)]))


@pytest.mark.parametrize("make", [texts, atexts])
def test_f2_streaming_response_over_a_generator(ld: Any, make: Any) -> None:
    """A generator handed to a StreamingResponse is consumed later, in other tasks or threads, and recorded."""

    async def endpoint(request: Request) -> StreamingResponse:
        with use_context(Context.create("request-user")):
            return StreamingResponse(make(), media_type="text/plain")

    assert "hello" == serve(endpoint).get("/").text
    run = only_run(ld)
    assert ("success", 1) == (run.outcome, outcome_count(run))
    assert run.time_to_first_token_ms is not None


@pytest.mark.parametrize("make", [texts, atexts])
def test_f6_tracked_endpoint_that_returns_a_streaming_response(ld: Any, make: Any) -> None:
    """A returned response that carries a stream is tracked through it; the response comes back itself."""
    made: list[Any] = []

    @tracked(KEY)
    async def endpoint(request: Request) -> StreamingResponse:
        made.append(StreamingResponse(make.__wrapped__(), media_type="text/plain"))
        return made[0]

    returned: list[Any] = []

    async def app_endpoint(request: Request) -> Any:
        returned.append(await endpoint(request))
        assert [] == ld.runs()
        return returned[0]

    assert "hello" == serve(app_endpoint).get("/").text
    assert made[0] is returned[0]
    run = only_run(ld)
    assert ("success", 1) == (run.outcome, outcome_count(run))
    assert run.time_to_first_token_ms is not None


def test_f6_error_inside_a_streaming_response(ld: Any) -> None:
    """A stream that fails in the middle of a response is an error."""

    @tracked(KEY)
    async def endpoint(request: Request) -> StreamingResponse:
        async def body() -> AsyncIterator[str]:
            yield "he"
            raise ValueError("broken")

        return StreamingResponse(body())

    with pytest.raises(ValueError, match="broken"):
        serve(endpoint).get("/")
    assert "error" == only_run(ld).outcome


@pytest.mark.anyio
async def test_f6_client_that_disconnects(ld: Any) -> None:
    """A consumer that disconnects after the first token ends the run as a success, at that moment."""

    @tracked(KEY)
    async def stream() -> AsyncIterator[str]:
        yield "token"
        await anyio.sleep_forever()

    response = StreamingResponse(stream())
    sent = anyio.Event()

    async def receive() -> Any:
        await sent.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message.get("body"):
            sent.set()

    scope = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "GET", "headers": []}
    with anyio.fail_after(10):
        await response(scope, receive, send)
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def fastapi_client() -> TestClient:
    """A FastAPI app whose endpoints are decorated themselves."""
    app = FastAPI()

    @app.get("/reply")
    @tracked(KEY)
    async def reply(
        question: str,
        user: Annotated[Context, Depends(context_of)],
        config: AICompletionConfig = inject(),
    ) -> dict[str, Any]:
        return {"question": question, "model": config.model and config.model.name}

    @app.get("/sync")
    @tracked(KEY, context=lambda question: Context.create("lambda"))
    def sync_reply(question: str, config: AICompletionConfig) -> dict[str, Any]:
        return {"question": question, "enabled": config.enabled}

    @app.get("/stream")
    async def stream(question: str) -> StreamingResponse:
        return StreamingResponse(atexts())

    app.get("/dependency")(_with_dependency)
    return TestClient(app)


@tracked(KEY)
def _dependency() -> Iterator[str]:
    yield "resource"


def _with_dependency(resource: Annotated[str, Depends(_dependency)]) -> str:
    return resource


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/reply?question=q&user=ada", {"question": "q", "model": "tiny-1"}),
        ("/sync?question=q", {"question": "q", "enabled": True}),
        ("/dependency", "resource"),
    ],
)
def test_b7_fastapi_sees_the_callers_parameters_only(ld: Any, path: str, expected: Any) -> None:
    """Decorated endpoints and dependencies work; injected parameters are no query parameters."""
    answer = fastapi_client().get(path)

    assert (200, expected) == (answer.status_code, answer.json())
    assert "success" == only_run(ld).outcome


def test_b7_fastapi_schema(ld: Any) -> None:
    """The OpenAPI schema names the caller's parameters only."""
    schema = fastapi_client().get("/openapi.json").json()

    names = [parameter["name"] for parameter in schema["paths"]["/reply"]["get"]["parameters"]]
    assert {"question", "user"} == set(names)


def test_f2_fastapi_streaming(ld: Any) -> None:
    """FastAPI streams a decorated async generator."""
    assert "hello" == fastapi_client().get("/stream?question=q").text
    assert "success" == only_run(ld).outcome


@pytest.mark.anyio
async def test_f1_contextmanager_over_a_tracked_generator(ld: Any) -> None:
    """`contextlib` makes context managers of decorated generator functions."""

    @contextlib.contextmanager
    @tracked(KEY)
    def resource() -> Iterator[Chunk]:
        yield hello()

    @contextlib.asynccontextmanager
    @tracked(KEY)
    async def aresource() -> AsyncIterator[Chunk]:
        try:
            yield hello()
        except LookupError:
            yield last()

    with resource() as chunk:
        assert "hi" == chunk.text
    with pytest.raises(LookupError), resource():
        raise LookupError
    with pytest.raises(RuntimeError, match="didn't stop"):
        async with aresource():
            raise LookupError
    gc.collect()  # before Python 3.11 nobody closes what did not stop
    await anyio.wait_all_tasks_blocked()  # the event loop does then
    assert 3 == len(ld.runs())


def test_f1_pytest_like_generators_keep_working_with_yield_from(ld: Any) -> None:
    """`yield from` over several decorated generators delegates to each."""

    def both() -> Iterator[str]:
        yield from texts()
        yield from texts()

    assert ["", "he", "llo"] * 2 == list(both())
    assert ["success"] * 2 == [run.outcome for run in ld.runs()]


def test_f6_object_with_a_body_iterator_is_recognised_by_shape(ld: Any) -> None:
    """Any object that carries a `body_iterator` will do; nothing is imported for it."""

    class Response:
        def __init__(self) -> None:
            self.body_iterator = iter([hello(), last()])
            self.status_code = 200

    response = Response()

    @tracked(KEY)
    def endpoint() -> Response:
        return response

    assert response is endpoint()
    assert [] == ld.runs()
    assert 2 == len(list(response.body_iterator))
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_d2_reply_object_is_not_touched(ld: Any) -> None:
    """A response without a stream is not changed in any way."""
    reply = Reply()
    before = dict(vars(reply))

    @tracked(KEY)
    def answer() -> Reply:
        return reply

    assert answer() is reply
    assert before == vars(reply)
