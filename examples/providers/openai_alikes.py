"""SDKs that speak OpenAI's format in classes of their own: Groq, Together, Writer, and Azure's model inference."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from azure.ai.inference import ChatCompletionsClient
from azure.core.credentials import AzureKeyCredential
from groq import Groq
from ldclient import Context
from together import Together
from writerai import Writer

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "llama-3.3-70b"}, "provider": {"name": "many"}}}
CHAT: Any = {"model": "llama-3.3-70b", "messages": [{"role": "user", "content": "How are bikes rented?"}]}
CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "By the hour."}}
USAGE = {"prompt_tokens": 14, "completion_tokens": 9, "total_tokens": 23}
ANSWER = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [CHOICE], "usage": USAGE}


@tracked("bikes")
def ask(complete: Callable[..., Any], user: Context) -> Any:
    """Ask with any of them."""
    del user  # ldtrack reads it
    return complete(**CHAT)


def main() -> None:
    """Ask each, and show what was recorded."""
    with LocalLaunchDarkly(CONFIGS) as local, answering(json.dumps(ANSWER)) as url:
        configure(client=local.client)
        with (
            Groq(api_key="any", base_url=url) as groq,
            Together(api_key="any", base_url=url) as together,
            Writer(api_key="any", base_url=url) as writer,
            ChatCompletionsClient(url, AzureKeyCredential("any")) as azure,
        ):
            ask(groq.chat.completions.create, Context.create("groq"))
            ask(together.chat.completions.create, Context.create("together"))
            ask(writer.chat.chat, Context.create("writer"))
            ask(azure.complete, Context.create("azure"))
        for run in local.runs():
            print(f"{run.context.key}: {run.outcome}, {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
