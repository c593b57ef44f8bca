"""DSPy, whose predictions know what the models used for them where usage is tracked, with `track_usage=True`."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading, add_tokens, outcome_in, read
from ldtrack.extractors._chat import ChatStream, tokens_only
from ldtrack.extractors._fields import as_dict, fields, text
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._responses import usage_tokens

_ASKED = "dspy.configure(track_usage=True)"


def prediction(value: Any) -> Reading:
    """Read a prediction: all calls that were made for it, of one model or several."""
    tokens: TokenUsage | None = None
    used = value.get_lm_usage()
    for usage in as_dict(used).values():
        tokens = add_tokens(tokens, tokens_only({"usage": usage}).tokens or usage_tokens(usage))
    reading = read(tokens=tokens)
    reading.usage_option = _ASKED if used is None else None  # what comes from DSPy's cache used nothing
    return reading


class ProgramStream:
    """Folds what a streamed program gives: its models' chunks, the fields made of them, and the prediction at last.

    Several predictions after each other add up. What they tell is of the models' chunks, too, which an engine passes on
    as they come.
    """

    sums_up = True

    def __init__(self) -> None:
        self._chunks = ChatStream()
        self._tokens: TokenUsage | None = None
        self.usage_option: str | None = None

    def feed(self, part: Any, /) -> bool:
        """Take a part; messages of the status are no output."""
        if hasattr(part, "get_lm_usage"):
            whole = prediction(part)
            self._tokens = add_tokens(self._tokens, whole.tokens)
            self.usage_option = whole.usage_option
            return True
        if fields(part).get("choices") is not None:
            return self._chunks.feed(part)
        return bool(fields(part).get("chunk"))

    def text(self, part: Any, /) -> str:
        """The output in a part; a prediction repeats it."""
        body = fields(part)
        return self._chunks.text(part) if body.get("choices") is not None else text(body.get("chunk"))

    def result(self) -> Reading:
        """What the predictions tell, or else the chunks."""
        seen = self._chunks.result()
        return read(outcome_in(seen), self._tokens or seen.tokens)


PROVIDER = Provider(
    packages=("dspy",),
    responses={"Prediction": prediction},
    chunks=dict.fromkeys(("Prediction", "StreamResponse", "StatusMessage", "EngineChunk"), ProgramStream),
)
