"""Estimating the output tokens of a stream that told none, with a function of the user's (`estimate_tokens=`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from ldai.tracker import TokenUsage

from ldtrack._faults import fault, problem
from ldtrack._names import name_of

if TYPE_CHECKING:
    from ldtrack._metrics import StreamExtractor

EstimateTokens: TypeAlias = Callable[[str, str], int]
"""From a model's name and a text to the number of the text's tokens."""

_BLOCK = 4096
"""Characters that are counted together: few cuts between tokens, and constant memory (F8)."""


class Estimate:
    """Counts the text of one stream's output, block by block."""

    def __init__(self, function: EstimateTokens, model: str) -> None:
        self._function: EstimateTokens | None = function
        self._model = model
        self._pieces: list[str] = []
        self._size = 0
        self._output = 0

    def over(self, extractor: StreamExtractor, feed: Callable[[Any], bool]) -> Callable[[Any], bool]:
        """Keep the text of what the extractor takes for output."""
        text: Callable[[Any], str] = getattr(extractor, "text", _itself)

        def both(chunk: Any) -> bool:
            began = feed(chunk)
            if began:
                self._take(text(chunk))
            return began

        return both

    def tokens(self) -> TokenUsage | None:
        """The output's tokens; what the model read cannot be seen in its answer."""
        self._count()
        return TokenUsage(total=self._output, input=0, output=self._output) if self._output else None

    def _take(self, text: str) -> None:
        self._pieces.append(text)
        self._size += len(text)
        if self._size >= _BLOCK:
            self._count()

    def _count(self) -> None:
        text = "".join(self._pieces)
        self._pieces, self._size = [], 0
        if text and self._function is not None:
            self._add(self._function, text)

    def _add(self, function: EstimateTokens, text: str) -> None:
        name, count = name_of(function), -1
        try:
            count = function(self._model, text)
        except Exception as exc:  # noqa: BLE001 -- D3: an estimate must not break the call
            fault("estimate", name, exc, quiet=True)
        else:
            if type(count) is not int or count < 0:
                problem(name, "returned a token count that is no whole number from 0 up", quiet=True)
                count = -1
        if count < 0:
            self._function, self._output = None, 0
        self._output += max(count, 0)


def model_of(config: Any) -> str:
    """The name of a config's model; empty where there is none."""
    return getattr(getattr(config, "model", None), "name", None) or ""


def _itself(chunk: Any) -> str:
    return chunk if isinstance(chunk, str) else ""
