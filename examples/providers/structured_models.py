"""Instructor: the function returns your own model, and the provider's response is read out of it."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
import logging
from typing import Any

import instructor  # type: ignore[import-not-found, unused-ignore]
from instructor.core import InstructorRetryException  # type: ignore[import-not-found, unused-ignore]
from ldclient import Context
from openai import OpenAI
from pydantic import BaseModel

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"rentals": {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}}


class Rental(BaseModel):
    """What the model is asked for."""

    bike: str
    days: int


def answer(**arguments: Any) -> str:
    """What OpenAI answers: the model's schema is called as if it were a tool."""
    function = {"name": "Rental", "arguments": json.dumps(arguments)}
    call = {"id": "1", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    usage = {"prompt_tokens": 60, "completion_tokens": 12, "total_tokens": 72}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return json.dumps(body)


@tracked("rentals")
def rental(client: instructor.Instructor, text: str) -> Rental:
    """Ask for a model."""
    messages: Any = [{"role": "user", "content": text}]
    found: Rental = client.create(response_model=Rental, messages=messages, model="gpt-4o-mini", max_retries=1)
    return found


def main() -> None:
    """Ask twice; the second answer never fits, and both attempts at it are counted."""
    logging.getLogger("instructor").setLevel(logging.CRITICAL)  # it logs what it raises, too
    with LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client, context=Context.create("ada"))
        for arguments in ({"bike": "cargo", "days": 2}, {"bike": "cargo"}):
            with answering(answer(**arguments)) as url, OpenAI(api_key="any", base_url=url) as client:
                try:
                    print(rental(instructor.from_openai(client), "A cargo bike for the weekend."))
                except InstructorRetryException as exc:
                    print(f"no answer after {exc.n_attempts} attempts")
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
