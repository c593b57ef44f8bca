"""LangChain's package for OpenAI and compatible servers."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ldtrack.replay.sdks._langchain import MODEL, langchain

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

# Imported by name, since type checkers run where it is not installed.
langchain_openai: Any = import_module("langchain_openai")

_OUTPUT = re.compile(rb'"content": ?"[^"]|"(tool_calls|function_call)": ?[\[{]')


def model(root: str, endpoint: str) -> Any:
    """Make a model that speaks chat completions, or the Responses API."""
    return langchain_openai.ChatOpenAI(base_url=root, use_responses_api=endpoint == "responses", **MODEL)


def unseen(case: Case) -> tuple[str, ...]:
    """Tell of streams that begin for nobody: the package drops refusals and other vendors' reasoning."""
    dropped = case.streaming and case.endpoint == "chat.completions" and not _OUTPUT.search(case.response.body)
    return ("ttft_expected",) if dropped else ()


SDK = langchain("langchain-openai", model, ("langchain_openai", "openai"), unseen=unseen)
