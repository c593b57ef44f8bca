"""The environment variables by which SDKs are led to a failing server."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ldtrack.verify._addresses import SDKS, leading_to

NAMED = [(sdk, name) for sdk, names in SDKS.items() for name in names]
_OF_A_SERVICE = "_BEDROCK_RUNTIME"
"""botocore makes these names of the service's."""


def sources(sdk: str) -> list[Path]:
    """The files of an installed SDK."""
    try:
        found = importlib.util.find_spec(sdk)
    except ModuleNotFoundError:
        found = None
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"{sdk} is not in this environment")
    return [path for folder in found.submodule_search_locations for path in Path(folder).rglob("*.py")]


@pytest.mark.parametrize(("sdk", "name"), NAMED)
def test_the_sdk_reads_its_variable(sdk: str, name: str) -> None:
    """Its own code names it; where the SDK is in another environment, the tests of that family look."""
    name = name.removesuffix(_OF_A_SERVICE)
    assert any(name in path.read_text(encoding="utf-8", errors="replace") for path in sources(sdk))


def test_every_variable_leads_to_the_server() -> None:
    """Those of OpenAI's with the version that its SDK expects there."""
    variables = leading_to("http://127.0.0.1:1")
    assert {"http://127.0.0.1:1", "http://127.0.0.1:1/v1"} == set(variables.values())
    assert "http://127.0.0.1:1/v1" == variables["OPENAI_BASE_URL"]
    assert {name for names in SDKS.values() for name in names} == variables.keys()
