"""A plain function that calls OpenAI: one line tracks it."""

# ruff: noqa: ARG001 -- ldtrack reads `user`, the function does not

from __future__ import annotations

from ldai import AICompletionConfig
from ldclient import Context
from openai import OpenAI
from openai.types.chat import ChatCompletion

from ldtrack import configure, inject, tracked
from ldtrack.demo import scripted_provider
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {
    "support-chat": {
        "model": {"name": "gpt-4o-mini"},
        "provider": {"name": "OpenAI"},
        "messages": [{"role": "system", "content": "You answer for a bicycle rental."}],
    }
}


@tracked("support-chat")
def answer(question: str, user: Context, config: AICompletionConfig = inject()) -> ChatCompletion:
    """Ask the model that the AI config names; ldtrack takes `user` for the evaluation and fills in `config`."""
    system = config.messages[0].content if config.messages else ""
    return OpenAI().chat.completions.create(
        model=config.model.name if config.model else "gpt-4o-mini",
        messages=[{"role": "system", "content": system}, {"role": "user", "content": question}],
    )


def main() -> None:
    """Ask once, and show what was recorded."""
    with scripted_provider(), LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client)
        completion = answer("How do I rent a bike for a week?", Context.create("ada"))
        print(completion.choices[0].message.content)
        for run in local.runs():
            print(f"{run.config_key}: {run.outcome} in {run.duration_ms} ms, {run.total_tokens} tokens")


if __name__ == "__main__":
    main()
