"""What the tests of Bedrock's clients share: fake credentials, and one decorated call against a loopback server."""

from __future__ import annotations

from typing import Any

from ldclient import Context

from aws_frames import CONTENT_TYPE
from ldtrack import tracked
from ldtrack.local import LocalLaunchDarkly, RunRecord

KEYS = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
STREAMED: dict[str, Any] = {"content_type": CONTENT_TYPE}
MESSAGES = [{"role": "user", "content": [{"text": "hi"}]}]
ASKED = {"modelId": "m", "messages": MESSAGES}
INVOKED = {"modelId": "m", "body": "{}"}


def track(local: LocalLaunchDarkly) -> Any:
    """Return the decorator."""
    return tracked("assistant", client=local.client, context=Context.create("ada"))


def only_run(local: LocalLaunchDarkly) -> RunRecord:
    """Return the one run that was recorded."""
    (run,) = local.runs()
    return run


def figures(run: RunRecord) -> tuple[Any, ...]:
    """Return a run's outcome, tokens, tool names, and whether output was seen to begin."""
    counts = (run.input_tokens, run.output_tokens, run.total_tokens)
    return (run.outcome, *counts, run.tool_calls, run.time_to_first_token_ms is not None)
