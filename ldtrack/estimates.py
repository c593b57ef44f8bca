"""A function for `estimate_tokens=`, which counts with OpenAI's tokenisers (`pip install 'ldtrack[tiktoken]'`)."""

from __future__ import annotations

import functools
from importlib import import_module
from typing import Any

from ldtrack._optional import extra

with extra("tiktoken", "ldtrack.estimates"):
    tiktoken: Any = import_module("tiktoken")  # by name: type checkers run where it is not installed

_USUAL = "o200k_base"
"""What OpenAI's models since GPT-4o use; near enough for the models of others."""


def with_tiktoken(model: str, text: str) -> int:
    """Count a text's tokens with the model's own tokeniser, or with that of GPT-4o.

    tiktoken fetches a tokeniser's table once, and keeps it where `TIKTOKEN_CACHE_DIR` says.

    Args:
        model: The model's name.
        text: What to count.

    Raises:
        Exception: What tiktoken raises where it cannot fetch the table; ldtrack then estimates nothing, and logs it.
    """
    return len(_encoding(model).encode_ordinary(text))


@functools.cache
def _encoding(model: str) -> Any:
    try:
        return tiktoken.encoding_for_model(model)
    except KeyError:
        return tiktoken.get_encoding(_USUAL)
