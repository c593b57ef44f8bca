"""Which classes are streams, at decoration by their annotation and at the call by the object."""

from __future__ import annotations

import io
import sys
from typing import Any

from ldtrack._registration import package_of
from ldtrack._registry import find_manager, find_stream
from ldtrack.extractors import PACKAGES

_PLACES = ("stream", "body")


def is_stream(kind: type[Any]) -> bool:
    """Whether objects of a class are streams: iterators other than files, stream managers, and what is known as one."""
    if find_manager(kind) is not None or find_stream(kind) is not None:
        return True
    if issubclass(kind, io.IOBase) or hasattr(kind, "readline"):
        return False
    return hasattr(kind, "__next__") or hasattr(kind, "__anext__")


def is_part(kind: type[Any]) -> bool:
    """Whether chunks of a class are an SDK's own streams: Anthropic's tool runner gives one for each message."""
    return package_of(kind.__module__) in PACKAGES and is_stream(kind)


def stream_place(carrier: dict[str, Any]) -> str | None:
    """The key under which one of AWS's responses carries its stream; a body that is no stream of events is not ours."""
    if "ResponseMetadata" not in carrier:
        return None
    kinds: dict[str, Any] = {key: type(carrier.get(key)) for key in _PLACES}
    return next((key for key, kind in kinds.items() if find_stream(kind) is not None), None)


def is_context(value: object) -> bool:
    """Whether a value was made by a function under `contextlib`'s decorators, in its sync or async form."""
    return type(value).__module__ == "contextlib" and hasattr(value, "gen")


def is_of_sdk(context: Any) -> bool:
    """Whether such a context is an SDK's: Pydantic AI's `run_stream`, say. The app's own may be about anything."""
    frame: Any = getattr(context.gen, "ag_frame", None) or getattr(context.gen, "gi_frame", None)
    return frame is not None and package_of(str(frame.f_globals.get("__name__"))) in PACKAGES


def wraps_body(value: object) -> bool:
    """Whether a value wraps an HTTP response, as the raw and the streaming responses of the SDKs do."""
    return hasattr(type(value), "parse") and "http_response" in getattr(value, "__dict__", ())


def sends_events(response: object) -> bool:
    """Whether the body of an HTTP response is a stream of events, which a mocked transport reads at once."""
    headers: Any = getattr(response, "headers", None) or {}
    return "event-stream" in str(headers.get("content-type")).lower()


def lives_on(kind: type[Any]) -> bool:
    """Whether a class is there for good, so that a cache may hold it; one made at run time may go."""
    found: Any = sys.modules.get(kind.__module__)
    for name in kind.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is kind
