"""B4: files are no streams, at decoration as at the call."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ldtrack import explain, tracked
from support import KEY


@pytest.mark.parametrize("kind", [io.TextIOWrapper, io.BytesIO])
def test_b4_a_function_annotated_with_a_file_is_not_on_tier_four(ld: Any, kind: type) -> None:
    """`explain` says what will happen."""

    def answer() -> Any: ...

    answer.__annotations__["return"] = kind
    assert explain(tracked(KEY)(answer)).tier is None
