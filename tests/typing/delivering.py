"""`@delivers` keeps a handler's signature and shape; `delivered` is a block of both kinds. Read, never run (G5)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from typing_extensions import assert_type

from ldtrack import DeliveryStats, delivered, delivers, delivery_stats, flush


@delivers
def handler(event: dict[str, str], *, n: int = 1) -> int:
    return n


@delivers(timeout=2.0)
async def handle(event: dict[str, str]) -> int:
    return 1


async def calls() -> None:
    assert_type(handler({}, n=2), int)
    assert_type(await handle({}), int)
    coroutine: Callable[[dict[str, str]], Coroutine[Any, Any, int]] = handle
    assert_type(await coroutine({}), int)
    with delivered(), delivered(timeout=None):
        assert_type(flush(), bool)
    async with delivered(2):
        assert_type(delivery_stats(), DeliveryStats)


def wrong() -> None:
    handler([])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    delivers(timeout="2")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
