"""DSPy, whose predictions know what the models used for them where usage is tracked, with `track_usage=True`."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading, add_tokens, outcome_in, read
from ldtrack.extractors._chat import ChatStream, tokens_only
from ldtrack.extractors._fields import as_dict, fields
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._responses import usage_tokens


def prediction(value: Any) -> Reading:
    """Read a prediction: all calls that were made for it, of one model or several."""
    tokens: TokenUsage | None = None
    for usage in as_dict(value.get_lm_usage()).values():
        tokens = add_tokens(tokens, tokens_only({"usage": usage}).tokens or usage_tokens(usage))
    return read(tokens=tokens)


class ProgramStream:
    """Folds what a streamed program gives: its models' chunks, the fields made of them, and the prediction at last.

    Several predictions after each other add up.
    """

    def __init__(self) -> None:
        self._chunks = ChatStream()
        self._tokens: TokenUsage | None = None

    def feed(self, part: Any, /) -> bool:
        """Take a part; messages of the status are no output."""
        if hasattr(part, "get_lm_usage"):
            self._tokens = add_tokens(self._tokens, prediction(part).tokens)
            return True
        if fields(part).get("choices") is not None:
            return self._chunks.feed(part)
        return bool(fields(part).get("chunk"))

    def result(self) -> Reading:
        """What the predictions tell, or else the chunks."""
        seen = self._chunks.result()
        return read(outcome_in(seen), self._tokens or seen.tokens)


PROVIDER = Provider(
    packages=("dspy",),
    responses={"Prediction": prediction},
    chunks=dict.fromkeys(("Prediction", "StreamResponse", "StatusMessage", "EngineChunk"), ProgramStream),
)
