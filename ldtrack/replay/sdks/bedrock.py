"""AWS's SDK: Bedrock's Converse and InvokeModel."""

from __future__ import annotations

import json
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ldtrack.replay._sdk import Sdk

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

# Imported by name, since type checkers run where it is not installed.
boto3: Any = import_module("boto3")
botocore: Any = import_module("botocore.config")

# A recorded request was shortened: it need not hold what the SDK would ask of it.
_CONFIG = botocore.Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=60)
_KEYS = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}


def runtime(root: str) -> Any:
    """Make a client of a server."""
    return boto3.client("bedrock-runtime", endpoint_url=root, config=_CONFIG, **_KEYS)


def ask(_driver: str, client: Any, case: Case) -> Any:
    """Make the call."""
    if case.endpoint == "converse":
        shape = client.meta.service_model.shape_for("ConverseRequest")
        call = client.converse_stream if case.streaming else client.converse
        return call(modelId=model(case), **known(shape, case.request))
    call = client.invoke_model_with_response_stream if case.streaming else client.invoke_model
    return call(modelId=model(case), body=json.dumps(case.request))


def model(case: Case) -> str:
    """The model, which the path names."""
    return unquote(case.path.split("/")[2])


def known(shape: Any, value: Any) -> Any:
    """A value without the members that this release does not know, on which it would raise."""
    if shape.type_name == "list":
        return [known(shape.member, item) for item in value]
    if shape.type_name != "structure" or shape.is_document_type:
        return value
    return {name: known(shape.members[name], item) for name, item in value.items() if name in shape.members}


def chunks(response: Any) -> Any:
    """The stream inside what a streaming call returns."""
    return response["stream"] if "stream" in response else response["body"]


def unseen(case: Case) -> tuple[str, ...]:
    """Tool calls are in the body of InvokeModel's replies, which is the caller's to read."""
    return ("tool_calls",) if case.endpoint == "invoke_model" and not case.streaming else ()


SDK = Sdk(
    name="boto3",
    packages=("botocore",),
    client=lambda root: closing(runtime(root)),
    async_client=None,
    ask=ask,
    chunks=chunks,
    unseen=unseen,
)
