"""DSPy: a prediction knows the tokens of all calls that were made for it, where usage is tracked."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from typing import Any

import dspy  # type: ignore[import-not-found, unused-ignore]
from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}}
ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "[[ ## answer ## ]]\nBy the hour.\n\n[[ ## completed ## ]]"},
        }
    ],
    "usage": {"prompt_tokens": 90, "completion_tokens": 15, "total_tokens": 105},
}


@tracked("bikes")
def ask(question: str) -> Any:
    """Answer a question."""
    return dspy.Predict("question -> answer")(question=question)


def main() -> None:
    """Ask once, and show what was recorded."""
    with LocalLaunchDarkly(CONFIGS) as local, answering(json.dumps(ANSWER)) as url:
        configure(client=local.client, context=Context.create("ada"))
        model = dspy.LM("openai/gpt-4o-mini", api_key="any", api_base=url, cache=False)
        with dspy.context(lm=model, track_usage=True):
            print(ask("How are bikes rented?").answer)
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
