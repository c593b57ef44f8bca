"""A function that returns the provider's own stream: the caller gets it as it is, and the run ends with it."""

# ruff: noqa: ARG001 -- ldtrack reads `user`, the function does not

from __future__ import annotations

from contextlib import AbstractContextManager

from anthropic import Anthropic
from anthropic.lib.streaming import MessageStream
from ldai import AICompletionConfig
from ldclient import Context

from ldtrack import configure, inject, tracked
from ldtrack.demo import scripted_provider
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"shop-copy": {"model": {"name": "claude-sonnet-4"}, "provider": {"name": "Anthropic"}}}


@tracked("shop-copy")
def describe(
    client: Anthropic, request: str, user: Context, config: AICompletionConfig = inject()
) -> AbstractContextManager[MessageStream]:
    """Give the manager of a stream; the request is sent, and the clock starts, when it is entered."""
    return client.messages.stream(
        model=config.model.name if config.model else "claude-sonnet-4",
        max_tokens=200,
        messages=[{"role": "user", "content": request}],
    )


def main() -> None:
    """Print the text as it comes, and show what was recorded."""
    with scripted_provider(), LocalLaunchDarkly(CONFIGS) as local, Anthropic() as client:
        configure(client=local.client)
        with describe(client, "Describe our folding bike in two sentences.", Context.create("ada")) as stream:
            for text in stream.text_stream:
                print(text, end="", flush=True)
            print()
        for run in local.runs():
            first = f"first token after {run.time_to_first_token_ms} ms"
            print(f"{run.config_key}: {run.outcome} in {run.duration_ms} ms, {first}, tokens: {run.total_tokens}")


if __name__ == "__main__":
    main()
