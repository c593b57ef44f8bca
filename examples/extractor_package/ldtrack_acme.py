"""Reads the responses and streams of Acme's SDK, which is not imported: its classes are known by their names."""

from __future__ import annotations

from typing import Any

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack import register_extractor, register_stream_extractor


def register() -> None:
    """Tell ldtrack; it calls this when it first meets a type that nobody in the app registered."""
    register_extractor("acme_llm.types.Answer", read_answer)
    register_stream_extractor("acme_llm.types.AnswerPart", AnswerStream)


def read_answer(answer: Any) -> LDAIMetrics:
    """Read a whole answer."""
    return LDAIMetrics(success=answer.status != "refused", tokens=_tokens(answer.usage))


class AnswerStream:
    """Folds the parts of one answer; the last one has the usage, and says that it is the last."""

    def __init__(self) -> None:
        self.complete = False
        self._usage: Any = None

    def feed(self, part: Any, /) -> bool:
        """Take a part; text is output."""
        self.complete = self.complete or part.is_last
        self._usage = part.usage or self._usage
        return bool(part.text)

    def result(self) -> LDAIMetrics:
        """Everything up to here."""
        return LDAIMetrics(success=True, tokens=_tokens(self._usage))


def _tokens(usage: Any) -> TokenUsage | None:
    """Acme counts cached tokens apart; LaunchDarkly's input is everything that the model read."""
    if usage is None:
        return None
    read, written = usage.fresh + usage.cached, usage.written
    return TokenUsage(total=read + written, input=read, output=written)
