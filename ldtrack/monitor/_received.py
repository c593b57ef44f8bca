"""What the SDK's event payloads hold: read with distrust, and only names and numbers kept."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from ldclient import Context

LARGEST = 16 * 1024 * 1024
"""Bytes of a payload, unpacked; the SDK's own grow to some hundred bytes for each of its 10,000 pending events."""

_NAME = re.compile(r"(Key|Name|Id|[vV]ersion)\Z")
"""The ends of the keys of an event's data that are kept: names and versions, never texts that an app made up."""
_LONGEST_NAME = 256
_LARGEST_NUMBER = 10**15
"""No count of tokens, no time in milliseconds is larger."""


class BadRequestError(Exception):
    """A payload that is not what the SDK sends."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class ReceivedEvent:
    """A metric of an AI config, with the attributes of the SDK's own custom events."""

    key: str
    data: Mapping[str, Any]
    metric_value: float | None
    context: Context
    timestamp: int


def unpacked(body: bytes, encoding: str) -> bytes:
    """Undo the compression that the SDK may be told to use.

    Raises:
        BadRequestError: The body is too large, or not compressed as it says.
    """
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise BadRequestError(f"events come as they are or gzipped, not with Content-Encoding {encoding[:40]!r}", 415)
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        text = unpack.decompress(body, LARGEST)
    except zlib.error as exc:
        raise BadRequestError(f"the body is not gzip: {exc}") from exc
    if unpack.unconsumed_tail:
        raise BadRequestError(f"the payload has more than {LARGEST:,} bytes", 413)
    if not unpack.eof:
        raise BadRequestError("the gzipped body ends too early")
    return text


def events_in(body: bytes) -> list[ReceivedEvent]:
    """List the metrics in a payload; what other kinds of events there are is left out.

    Raises:
        BadRequestError: The payload is not a list of events in JSON.
    """
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise BadRequestError(f"the body is not JSON: {type(exc).__name__}") from exc
    if not isinstance(payload, list):
        raise BadRequestError("the body is not a list of events")
    return list(_metrics(cast("list[object]", payload)))


def _metrics(events: list[object]) -> Iterator[ReceivedEvent]:
    for number, event in enumerate(events, start=1):
        if not isinstance(event, dict):
            raise BadRequestError(f"event {number} is not an object")
        fields = cast("dict[str, Any]", event)
        if fields.get("kind") == "custom" and isinstance(fields.get("data"), dict):
            data = names_in(fields["data"])
            if "configKey" in data or "graphKey" in data:
                yield _metric(number, fields, data)


def _metric(number: int, fields: dict[str, Any], data: Mapping[str, Any]) -> ReceivedEvent:
    key, value, at = fields.get("key"), fields.get("metricValue"), fields.get("creationDate")
    if not isinstance(key, str) or not key or len(key) > _LONGEST_NAME:
        raise BadRequestError(f"event {number} has no key, or one of more than {_LONGEST_NAME} characters")
    if at is None or not _is_number(at):
        raise BadRequestError(f"event {number} has no creationDate")
    return ReceivedEvent(key, data, value if _is_number(value) else None, _context(fields.get("context")), int(at))


def names_in(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep what tells where an event belongs, and nothing that could be content."""
    return {
        name: value
        for name, value in data.items()
        if _NAME.search(name) and (_is_number(value) or (isinstance(value, str) and len(value) <= _LONGEST_NAME))
    }


def _is_number(value: Any) -> bool:
    # In bounds that leave every sum finite; false for NaN, too.
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST_NUMBER < value < _LARGEST_NUMBER


def _context(given: Any) -> Context:
    """Keep the kinds and keys of a context; its attributes are none of the monitor's business."""
    fields = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    if fields.get("kind") != "multi":
        return context_of(((str(fields.get("kind", "user")), _key_in(fields)),))
    return context_of(tuple((kind, _key_in(part)) for kind, part in fields.items() if isinstance(part, dict)))


def _key_in(part: Any) -> str:
    return str(part.get("key", "unknown"))[:_LONGEST_NAME]


@lru_cache(maxsize=10_000)
def context_of(kinds: tuple[tuple[str, str], ...]) -> Context:
    """Make a context of pairs of a kind and a key."""
    contexts = [Context.create(key, kind) for kind, key in kinds]
    return contexts[0] if len(contexts) == 1 else Context.create_multi(*contexts)


def kinds_of(context: Context) -> list[tuple[str, str]]:
    """List the kinds and keys of a context."""
    parts = (context.get_individual_context(index) for index in range(context.individual_context_count))
    return [(part.kind, part.key) for part in parts if part is not None]
