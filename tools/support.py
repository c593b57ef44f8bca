"""Write docs/support.md, the support matrix: what the registry knows, and what passing tests saw it read.

`make support` runs the tests of every family with notes on, and then this. `--check` only compares.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ldtrack import Registration, registered
from ldtrack._names import name_of
from ldtrack._registration import BUILT_IN, package_of
from ldtrack.extractors import plain

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/support.md"
HEAD = """# Supported types

What ldtrack reads by itself, by the package that you import. The rows are the registry's own. A mark says that a test
on a real object of that class, or on recorded traffic through the real SDK, passed and saw it: tokens, time to first
token, a failure, tool names. No mark means that the type does not tell it, or that no test saw it. `make support`
makes this page.

`*` in a name stands for anything. Streams and managers have no marks, unless they count themselves: what is told is in
the chunks that they give. Bedrock's clients and HTTP bodies give [plain dicts](#plain-dicts).
"""
DICTS = """## Plain dicts

Parsed HTTP bodies, server-sent events, and what `boto3` and its async relatives return, told by their keys; so are the
bodies behind `httpx`, `requests` and the SDKs' raw responses. Types of your own have [keys of yours](registry.md).
"""
ONLY_STREAMS = "Streams, which are followed: what they give is read as what it is.\n"
HEADER = ("| type | role | tokens | first token | failure | tool names |", "|---|---|---|---|---|---|")
COLUMNS = ("tokens", "first token", "failure", "tool calls")
SHAPES = {
    "_converse.is_converse": "Bedrock's Converse, and Amazon's Nova models",
    "_converse.is_converse_event": "Bedrock's ConverseStream, and Amazon's Nova models",
    "_gemini.is_generate_content": "Gemini's `generateContent`",
    "_graph.is_event": "LangChain's `astream_events`",
    "_graph.is_parallel": "LangChain's parallel chains",
    "_graph.is_state": "LangGraph's states",
    "_graph_stream.graph_part": "LangGraph's streams, in all modes",
    "_interactions.is_event": "Google's Interactions API",
    "_interactions.is_interaction": "Google's Interactions API",
    "_invoke_model.is_guarded": "Bedrock's InvokeModel, with a guardrail",
    "_invoke_model.is_invocation": "Bedrock's InvokeModel, its body unread",
    "_invoke_model.is_text_body": "Bedrock's InvokeModel: Llama, Titan",
    "_invoke_model.is_text_event": "Bedrock's InvokeModel: Llama, Titan, Mistral, Cohere, Claude 2",
    "cohere.is_event": "Cohere",
    "cohere.is_response": "Cohere",
    "ollama.is_chunk": "Ollama",
    "ollama.is_response": "Ollama",
    "plain._is_chat_chunk": "chat completions, from whomever",
    "plain._is_completion_chunk": "text completions, from whomever",
    "plain._is_message_event": "Anthropic's messages, also from Bedrock's InvokeModel",
    "plain._is_response_event": "OpenAI's Responses API",
    "plain.has_input_tokens": "anything else that counts as the Responses API does",
    "plain.has_prompt_tokens": "anything else that counts as chat completions do, such as embeddings",
    "plain.is_chat": "chat and text completions, from whomever",
    "plain.is_error": "errors",
    "plain.is_message": "Anthropic's messages, also from Bedrock's InvokeModel",
    "plain.is_parsed_result": "LangChain's `include_raw`",
    "plain.is_response": "OpenAI's Responses API",
    "strands.is_event": "Strands' `stream_async`",
}
"""Whose dicts a test of keys tells; one that is not here is shown by its name."""


def notes(folder: Path) -> dict[str, set[str]]:
    """Put together what all processes noted."""
    together: dict[str, set[str]] = defaultdict(set)
    for path in folder.glob("*.json"):
        for name, seen in json.loads(path.read_text(encoding="utf-8")).items():
            together[name] |= set(seen)
    return together


def page(seen: dict[str, set[str]]) -> str:
    """Make the whole page."""
    packages: dict[str, dict[Any, list[Registration]]] = defaultdict(lambda: defaultdict(list))
    for registration in registered():
        if registration.source == BUILT_IN and isinstance(registration.key, str):
            package = packages[package_of(registration.name)]
            package[registration.kind, registration.extractor].append(registration)
    parts = [HEAD]
    for package, groups in sorted(packages.items()):
        told = any(extractor is not None for _, extractor in groups)
        parts += [f"## `{package}`\n", versions(package, seen) if told else ONLY_STREAMS, *HEADER]
        parts += [*sorted(row(group, seen) for group in groups.values()), ""]
    return "\n".join([*parts, DICTS, *HEADER, *sorted(dict_rows(seen)), ""])


def dict_rows(seen: dict[str, set[str]]) -> Iterator[str]:
    """The rows of plain dicts, whole ones and chunks."""
    for kind, tests in (("response", plain.SHAPES), ("chunk", plain._EVENTS)):  # noqa: SLF001 -- our own
        for test, _ in tests:
            name = name_of(test)
            words = SHAPES.get(name.removeprefix("ldtrack.extractors."), f"`{name}`")
            yield marked(words, kind, seen.get(f"{kind} {name}", set()))


def versions(package: str, seen: dict[str, set[str]]) -> str:
    """Say which releases the package's objects came from."""
    own = {note for name, notes in seen.items() if package_of(name.partition(" ")[2]) == package for note in notes}
    found = sorted(note.removeprefix("version ") for note in own if re.match(r"version \S+ \S", note))
    return f"Checked with {', '.join(found)}.\n" if found else "Not checked.\n"


def row(group: list[Registration], seen: dict[str, set[str]]) -> str:
    """One row for the types that one extractor reads."""
    names = sorted(registration.name for registration in group)
    found = set().union(*(seen.get(f"{group[0].kind} {name}", set()) for name in names))
    types = ", ".join(f"`{name.removeprefix(package_of(name) + '.')}`" for name in names)
    return marked(types, group[0].kind, found)


def marked(types: str, kind: str, found: set[str]) -> str:
    """A row with a mark for each column that was found."""
    marks = " | ".join("✓" if column in found else "" for column in COLUMNS)
    return f"| {types} | {kind} | {marks} |"


if __name__ == "__main__":
    folder = Path(sys.argv[-1])
    made = page(notes(folder))
    if "--check" in sys.argv:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == made else "docs/support.md is out of date: make support")
    PAGE.write_text(made, encoding="utf-8")
