"""What the demo's provider answers: texts written for this project, and the pace at which they come."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """The answer to one question; times in seconds."""

    text: str = ""
    tool: str | None = None
    arguments: str = "{}"
    input_tokens: int = 48
    cached_tokens: int = 0
    first: float = 0.14
    between: float = 0.003
    status: int = 200

    @property
    def pieces(self) -> list[str]:
        """What is streamed, piece by piece: the words of the text, or the tool's arguments."""
        return re.findall(r"\S+\s*", self.text if self.tool is None else self.arguments)

    @property
    def output_tokens(self) -> int:
        """About four characters make a token."""
        return max(1, len("".join(self.pieces)) // 4)


RENT = "How do I rent a bike for a week?"
HELMET = "Is a helmet included?"
LATE = "What happens if I bring it back late?"
ORDER = "Where is my order 1182?"
ORDER_FOUND = "shipped, arrives on Thursday"
SLOGAN = "A slogan for our cargo bike, please."
DESCRIPTION = "Describe our folding bike in two sentences."
RELEASE = "Sum up what is new in the app."
TOUR = "Plan a long tour for me, with every stop."
OVERLOADED = "Ask while the provider is overloaded."
TOO_MANY = "Ask once too often."

_SCRIPT = {
    RENT: Reply(
        "Choose a bike on the map, pick the weekly rate and unlock it with your phone. "
        "The seventh day is free, and you can return it at any station.",
        input_tokens=61,
    ),
    HELMET: Reply("Yes: every station has a locker with helmets in four sizes.", input_tokens=57, first=0.12),
    LATE: Reply("You pay by the hour then, never more than one more day.", input_tokens=59, first=0.17),
    ORDER: Reply(tool="lookup", arguments='{"number": 1182}', input_tokens=88, first=0.1),
    ORDER_FOUND: Reply("Good news: your order was shipped and arrives on Thursday.", input_tokens=121, first=0.1),
    SLOGAN: Reply("Carries the shopping, the children and the day.", input_tokens=34, cached_tokens=210, first=0.15),
    DESCRIPTION: Reply(
        "It folds in nine seconds and fits under any desk. The frame is one piece, the chain a belt without oil.",
        input_tokens=42,
        cached_tokens=210,
        first=0.17,
    ),
    RELEASE: Reply(
        "The map loads twice as fast. Trips can be shared with friends. Receipts arrive by mail the same day.",
        input_tokens=133,
        first=0.13,
    ),
    TOUR: Reply(
        "Day one follows the river to the old mill, where the first stop is a bakery. " * 12,
        input_tokens=39,
        between=0.02,
    ),
    OVERLOADED: Reply(status=500, first=0.15),
    TOO_MANY: Reply(status=429, first=0.05),
}

_DEFAULT = Reply("I was written for a demo, and know a few questions only.")


def reply_to(question: str) -> Reply:
    """The scripted reply to a question; a polite one where there is none."""
    return _SCRIPT.get(question, _DEFAULT)
