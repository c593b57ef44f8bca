"""SDK objects, mappings and odd objects are asked for fields alike."""

from __future__ import annotations

from collections import UserDict
from types import MappingProxyType

import pytest
from pydantic import BaseModel, ConfigDict

from ldtrack.extractors._fields import extra, fields


class Model(BaseModel):
    """A pydantic model, as the SDKs' own."""

    model_config = ConfigDict(extra="allow")

    known: int = 1


class Slotted:
    """An object without an instance dict."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known = 1


@pytest.mark.parametrize("value", [{"known": 1}, Model(), Slotted(), MappingProxyType({"known": 1})])
def test_fields_of_anything(value):
    """A field that is there is found, one that is not is None."""
    assert 1 == fields(value).get("known")
    assert fields(value).get("unknown") is None


def test_fields_of_what_has_none():
    """Strings, numbers and None have no fields."""
    assert [None] * 3 == [fields(value).get("usage") for value in ("text", 1, None)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"other": 2}, 2), (Model(other=2), 2), (Model(), None), (Slotted(), None), (UserDict(), None)],
)
def test_undeclared_fields(value, expected):
    """What the provider sent beyond the SDK's declarations is found too."""
    assert expected == extra(value, "other")
