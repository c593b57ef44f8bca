"""A request for SDKs that check what they send: the recorded answer comes, whatever was asked."""

from __future__ import annotations

from typing import Any

CHAT: dict[str, Any] = {"model": "recorded", "messages": [{"role": "user", "content": "Play what was recorded."}]}
