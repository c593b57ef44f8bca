"""Streams as AWS sends them: binary frames, each with its length and two check sums."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

CONTENT_TYPE = "application/vnd.amazon.eventstream"


def frame(kind: str, payload: Any, message_type: str = "event") -> bytes:
    """Return one event; of an exception, `kind` is its name."""
    name = ":exception-type" if message_type == "exception" else ":event-type"
    headers = b"".join(map(_header, (name, ":message-type"), (kind, message_type)))
    body = json.dumps(payload).encode()
    prelude = (len(headers) + len(body) + 16).to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    message = prelude + zlib.crc32(prelude).to_bytes(4, "big") + headers + body
    return message + zlib.crc32(message).to_bytes(4, "big")


def chunk(event: Any) -> bytes:
    """Return one event of `invoke_model_with_response_stream`, with a model's own inside."""
    return frame("chunk", {"bytes": base64.b64encode(json.dumps(event).encode()).decode()})


def _header(name: str, value: str) -> bytes:
    kind = b"\7" + len(value).to_bytes(2, "big")  # a text
    return bytes([len(name)]) + name.encode() + kind + value.encode()
