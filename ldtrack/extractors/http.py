"""Raw HTTP responses of requests, httpx and httpx2, and the SDKs' wrappers around them.

A body that was not read yet is the caller's to stream: it is never touched.
"""

from __future__ import annotations

from typing import Any

from ldai.providers.types import LDAIMetrics

from ldtrack._metrics import read
from ldtrack.extractors import plain
from ldtrack.extractors._fields import fields, text
from ldtrack.extractors._provider import Provider

_FIRST_ERROR_STATUS = 400


def http_response(response: Any) -> LDAIMetrics | None:
    """Read the JSON body of a response, if there is one and it has been read; an error status is an error."""
    if response.status_code >= _FIRST_ERROR_STATUS:
        return read("error")
    if not _is_read(response) or "json" not in _content_type(response):
        return read()
    try:
        body = response.json()
    except Exception:  # noqa: BLE001 -- consumed in pieces and not kept, or no JSON after all
        return read()
    return plain.body(body)


def wrapped(wrapper: Any) -> LDAIMetrics | None:
    """Read the response inside `with_raw_response` and `with_streaming_response` wrappers.

    Of a stream that nobody read yet, nothing can be said: it is neither a success nor an error.
    """
    response = wrapper.http_response
    if response.status_code < _FIRST_ERROR_STATUS and not _is_read(response):
        return read(None)
    return http_response(response)


def _content_type(response: Any) -> str:
    return text(response.headers.get("content-type")).lower()


def _is_read(response: Any) -> bool:
    if hasattr(response, "is_stream_consumed"):
        return bool(response.is_stream_consumed)
    return fields(response).get("_content") is not False


PROVIDER = Provider(packages=("requests", "httpx", "httpx2"), responses={"Response": http_response})
