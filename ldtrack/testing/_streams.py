"""Streams of a provider that does not exist, in the wire format of OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Generic, TypeVar, overload

ChunkT = TypeVar("ChunkT")


class FakeStream(Generic[ChunkT]):
    """A scripted answer in pieces, as an OpenAI-compatible server streams it.

    The first chunk carries a role and no output, as OpenAI's does; then come the texts, the finish reason and the
    usage. Each call of `sync()` and `asynchronous()` plays it anew.

    Args:
        texts: The pieces of the answer.
        input: Tokens in; without `input` and `output` there is no usage chunk.
        output: Tokens out.
        role_first: Whether a chunk without output comes first.
        finished: Whether the terminal marker (the finish reason) comes, and the usage after it.
        error: Raised after the texts, in place of what would follow.
        chunk: Makes a chunk of a dict, such as `ChatCompletionChunk.model_validate`; dicts if left out.
    """

    @overload
    def __init__(
        self: FakeStream[dict[str, Any]],
        *texts: str,
        input: int | None = None,
        output: int | None = None,
        role_first: bool = True,
        finished: bool = True,
        error: BaseException | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self,
        *texts: str,
        input: int | None = None,
        output: int | None = None,
        role_first: bool = True,
        finished: bool = True,
        error: BaseException | None = None,
        chunk: Callable[[dict[str, Any]], ChunkT],
    ) -> None: ...

    def __init__(
        self,
        *texts: str,
        input: int | None = None,
        output: int | None = None,
        role_first: bool = True,
        finished: bool = True,
        error: BaseException | None = None,
        chunk: Callable[[dict[str, Any]], Any] = dict,
    ) -> None:
        self._pieces = [_piece({"role": "assistant", "content": ""})] if role_first else []
        self._pieces += [_piece({"content": text}) for text in texts]
        if finished and error is None:
            self._pieces.append(_piece({}, finish_reason="stop"))
            self._pieces += [_usage(input or 0, output or 0)] if (input, output) != (None, None) else []
        self._error = error
        self._chunk = chunk

    def sync(self) -> Generator[ChunkT, None, None]:
        """Play it for `for`."""
        yield from (self._chunk(piece) for piece in self._pieces)
        if self._error is not None:
            raise self._error

    async def asynchronous(self) -> AsyncGenerator[ChunkT, None]:
        """Play it for `async for`."""
        for chunk in self.sync():
            yield chunk


def _piece(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return _chunk([{"index": 0, "delta": delta, "finish_reason": finish_reason}])


def _usage(read: int, written: int) -> dict[str, Any]:
    counts = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return {**_chunk([]), "usage": counts}


def _chunk(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "fake", "object": "chat.completion.chunk", "created": 0, "model": "fake-model", "choices": choices}
