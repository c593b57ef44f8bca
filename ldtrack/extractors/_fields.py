"""Read SDK objects and mappings alike, without a price for names that are not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

# Typed so that a checker keeps taking what passes `isinstance` for anything.
_dict: Any = dict
_mapping: Any = Mapping
_list: Any = (list, tuple)


class Fields(Protocol):
    """The fields of something, asked by name."""

    def get(self, name: str, /) -> Any:
        """The field's value; None where there is no such field."""
        ...  # pragma: no cover


def fields(value: Any) -> Fields:
    """The fields of an SDK object (its instance dict: 50 times faster than a pydantic attribute error) or mapping.

    A pydantic object keeps those that its class does not declare elsewhere; of litellm's that is most of them.
    """
    if isinstance(value, _dict):
        return value  # type: ignore[no-any-return]
    try:
        declared = value.__dict__
    except AttributeError:
        return value if isinstance(value, _mapping) else _Attributes(value)
    undeclared = getattr(value, "__pydantic_extra__", None)
    return {**declared, **undeclared} if undeclared else declared


def extra(value: Any, name: str) -> Any:
    """A field that the provider sent but its SDK does not declare, of a pydantic object or a mapping."""
    undeclared = value if isinstance(value, _dict) else getattr(value, "__pydantic_extra__", None)
    return undeclared.get(name) if undeclared else None


def items(value: Any) -> Sequence[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, _list) else ()


def as_dict(value: Any) -> dict[str, Any]:
    """The value if it is a dict, else an empty one."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType] -- JSON


def text(value: Any) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


class _Attributes:
    """The attributes of an object without an instance dict (slots, protobuf)."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self, name: str, /) -> Any:
        return getattr(self._value, name, None)
