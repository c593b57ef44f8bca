"""AWS Bedrock through boto3: Converse, and InvokeModel, whose body is left alone."""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# ruff: noqa: ARG001 -- ldtrack reads `user`, the function does not

from __future__ import annotations

import json
from typing import Any

import boto3  # type: ignore[import-not-found, unused-ignore]
from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"rentals": {"model": {"name": "amazon.nova-lite-v1:0"}, "provider": {"name": "bedrock"}}}
KEYS = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
REPLY = {
    "output": {"message": {"role": "assistant", "content": [{"text": "By the hour, the day or the week."}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 14, "outputTokens": 9, "totalTokens": 123, "cacheReadInputTokens": 100},
}
COUNTS = {"x-amzn-bedrock-input-token-count": "14", "x-amzn-bedrock-output-token-count": "9"}


@tracked("rentals")
def converse(question: str, user: Context, bedrock: Any) -> Any:
    """Ask with Converse, whose reply tells everything."""
    content = [{"text": question}]
    return bedrock.converse(modelId="amazon.nova-lite-v1:0", messages=[{"role": "user", "content": content}])


@tracked("rentals")
def invoke(question: str, user: Context, bedrock: Any) -> Any:
    """Ask with InvokeModel: the counts are in the headers, and the body can be read once, by the caller."""
    return bedrock.invoke_model(modelId="cohere.command-light-text-v14", body=json.dumps({"prompt": question}))


def main() -> None:
    """Ask twice, and show what was recorded."""
    with LocalLaunchDarkly(CONFIGS) as local, answering(json.dumps(REPLY), headers=COUNTS) as url:
        configure(client=local.client)
        bedrock = boto3.client("bedrock-runtime", endpoint_url=url, **KEYS)
        converse("How are bikes rented?", Context.create("ada"), bedrock)
        response = invoke("How are bikes rented?", Context.create("ben"), bedrock)
        print(f"the body is still there to read: {len(response['body'].read())} bytes")
        for run in local.runs():
            print(f"{run.context.key}: {run.outcome}, {run.input_tokens} tokens in, {run.output_tokens} out")
        bedrock.close()


if __name__ == "__main__":
    main()
