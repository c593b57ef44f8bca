"""Extractors are checked where they are registered, and stay what they are (A, C8)."""

from __future__ import annotations

from typing import Any

from ldai.providers.types import LDAIMetrics
from typing_extensions import assert_type

from ldtrack import register_extractor, register_stream_extractor


class Reply:
    """A response of the user's own."""


class Chunk:
    """A piece of one."""


class Fold:
    """A stream extractor."""

    def feed(self, chunk: Any, /) -> bool:
        return True

    def result(self) -> LDAIMetrics | None:
        return None


@register_extractor(Reply)
def metrics(response: Reply) -> LDAIMetrics | None:
    return None


@register_extractor("somewhere.Reply")
def metrics_by_name(response: Any) -> LDAIMetrics:
    return LDAIMetrics(success=True)


assert_type(metrics(Reply()), LDAIMetrics | None)
assert_type(metrics_by_name(Reply()), LDAIMetrics)

register_stream_extractor(Chunk, Fold)
register_stream_extractor("somewhere.Chunk", Fold)


def returns_a_number(response: Reply) -> int:
    return 0


register_extractor(Reply)(returns_a_number)  # type: ignore[type-var] # pyright: ignore[reportArgumentType]
register_extractor(42)  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
register_stream_extractor(Chunk, Reply)  # type: ignore[type-var] # pyright: ignore[reportArgumentType]
