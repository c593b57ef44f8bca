"""A response type of one's own: an extractor tells where its tokens are."""

# ruff: noqa: ARG001 -- ldtrack reads `user`, the function does not

from __future__ import annotations

from dataclasses import dataclass

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage
from ldclient import Context

from ldtrack import configure, explain, register_extractor, tracked
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"summaries": {"model": {"name": "in-house-7b"}, "provider": {"name": "in-house"}}}


@dataclass
class Summary:
    """What an in-house model server answers."""

    text: str
    prompt_length: int
    text_length: int
    filtered: bool = False


@register_extractor(Summary)
def read_summary(summary: Summary) -> LDAIMetrics:
    """Tell LaunchDarkly's three numbers, and whether the generation succeeded."""
    tokens = TokenUsage(
        total=summary.prompt_length + summary.text_length, input=summary.prompt_length, output=summary.text_length
    )
    return LDAIMetrics(success=not summary.filtered, tokens=tokens)


@tracked("summaries")
def summarise(text: str, user: Context) -> Summary:
    """Stand in for a call of that server."""
    words = text.split()
    return Summary(" ".join(words[:3]), prompt_length=len(words), text_length=3, filtered="secret" in words)


def main() -> None:
    """Summarise twice, and show what was recorded."""
    with LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client)
        print(explain(summarise))
        summarise("Bikes are rented by the hour, the day or the week.", Context.create("ada"))
        summarise("This one is a secret that a filter holds back.", Context.create("ben"))
        for run in local.runs():
            print(f"{run.context.key}: {run.outcome}, {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
