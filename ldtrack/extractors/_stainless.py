"""What the SDKs that Stainless generates have in common: raw responses, and managers of unread ones."""

from __future__ import annotations

from ldtrack._metrics import Extractor
from ldtrack.extractors.http import wrapped

RAW_RESPONSES: dict[str, Extractor] = {"APIResponse": wrapped, "AsyncAPIResponse": wrapped}
RAW_MANAGERS = ("ResponseContextManager", "AsyncResponseContextManager")
