"""The ambient LaunchDarkly context, and the run in whose code we are."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from ldclient import Context

from ldtrack._checks import check_context

if TYPE_CHECKING:
    from ldtrack._run import Run

current: ContextVar[Run | None] = ContextVar("ldtrack_run", default=None)
ambient: ContextVar[Context | None] = ContextVar("ldtrack_context", default=None)


class use_context:  # noqa: N801 -- reads as a verb: `with use_context(ctx):`
    """Give tracked calls in a block their LaunchDarkly context; works with `with` and `async with`.

    Raises:
        TypeError: `context` is no `ldclient.Context`.
        ValueError: The context is not valid.
    """

    def __init__(self, context: Context) -> None:
        if context is None:  # pyright: ignore[reportUnnecessaryComparison] -- callers without a checker
            msg = "use_context needs an ldclient.Context, not None"
            raise TypeError(msg)
        check_context(context)
        self._context = context
        self._tokens: list[Token[Context | None]] = []

    def __enter__(self) -> Context:
        self._tokens.append(ambient.set(self._context))
        return self._context

    def __exit__(self, *_exc: object) -> None:
        leave(ambient, self._tokens.pop())

    async def __aenter__(self) -> Context:
        return self.__enter__()

    async def __aexit__(self, *_exc: object) -> None:
        self.__exit__()


def leave(variable: ContextVar[Any], token: Token[Any]) -> None:
    """Undo a `set`; a block left in another context than it was entered in has nothing to undo there."""
    try:
        variable.reset(token)
    except ValueError:
        pass
