"""A generator function: the time to the first token is recorded, and leaving it early is no error."""

# ruff: noqa: ARG001 -- ldtrack reads `user`, the function does not

from __future__ import annotations

from collections.abc import Iterator

from ldai import AICompletionConfig
from ldclient import Context
from openai import OpenAI
from openai.types.chat import ChatCompletionChunk

from ldtrack import configure, inject, tracked
from ldtrack.demo import scripted_provider
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"tours": {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}}


@tracked("tours")
def plan(request: str, user: Context, config: AICompletionConfig = inject()) -> Iterator[ChatCompletionChunk]:
    """Stream the plan of a tour."""
    with OpenAI().chat.completions.create(
        model=config.model.name if config.model else "gpt-4o-mini",
        messages=[{"role": "user", "content": request}],
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        yield from stream


def main() -> None:
    """Read one stream to its end and leave another, then show what was recorded."""
    with scripted_provider(), LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client)

        for _ in plan("What happens if I bring it back late?", Context.create("ada")):
            pass
        for chunk in plan("Plan a long tour for me, with every stop.", Context.create("ben")):
            if chunk.choices[0].delta.content:
                break

        for run in local.runs():
            first = f"first token after {run.time_to_first_token_ms} ms"
            print(f"{run.context.key}: {run.outcome} in {run.duration_ms} ms, {first}, tokens: {run.total_tokens}")


if __name__ == "__main__":
    main()
