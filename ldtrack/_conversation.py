"""A conversation: one managed runner for several turns, so that its history carries over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar, Token
from typing import Any

from ldai import ManagedModel
from ldai.providers.types import ManagedResult
from ldclient import Context
from typing_extensions import Self

from ldtrack import _clients
from ldtrack._checks import check_config_key, check_context
from ldtrack._clients import ClientSource
from ldtrack._context import ambient, leave
from ldtrack._errors import MissingContextError
from ldtrack._evaluation import surrounding_context
from ldtrack._moment import Moment
from ldtrack._plan import Options

_open: ContextVar[tuple[Conversation, ...]] = ContextVar("ldtrack_conversations", default=())


class Conversation:
    """One managed runner, kept for the turns of a block.

    Inside the block, tracked functions of the same config and LaunchDarkly context get this runner. A turn can
    also be taken directly, with `run`.
    """

    def __init__(self, config_key: str, context: Context, options: Options) -> None:
        self.config_key = config_key
        self.context = context
        self._options = options
        self._runners: dict[type, Any] = {}
        self._tokens: list[tuple[Token[Any], Token[Any]]] = []

    async def run(self, prompt: str) -> ManagedResult:
        """Take the next turn; the managed runner tracks it.

        Raises:
            ConfigDisabledError: The config may not run.
        """
        from ldtrack._decorator import decorate

        turn = decorate(_take_turn, self.config_key, self._options)
        token = _open.set((*_open.get(), self))
        try:
            result: ManagedResult = await turn(prompt)
        finally:
            leave(_open, token)
        return result

    async def runner(self, kind: type, create: Callable[[], Awaitable[Any]]) -> Any:
        """The conversation's runner of a kind, created at the first turn."""
        if self._runners.get(kind) is None:
            made = await create()
            self._runners[kind] = self._runners.get(kind) or made  # another first turn may have been quicker
        return self._runners[kind]

    def __enter__(self) -> Self:
        self._tokens.append((_open.set((*_open.get(), self)), ambient.set(self.context)))
        return self

    def __exit__(self, *_exc: object) -> None:
        opened, around = self._tokens.pop()
        leave(_open, opened)
        leave(ambient, around)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *_exc: object) -> None:
        self.__exit__()


async def _take_turn(prompt: str, model: ManagedModel) -> Any:
    return await model.run(prompt)


def conversation(
    config_key: str,
    context: Context | None = None,
    *,
    default: Any = None,
    variables: dict[str, Any] | None = None,
    client: ClientSource | None = None,
) -> Conversation:
    """Pin one managed runner for the turns of a block; works with `with` and `async with`.

    Args:
        config_key: The key of the AI config.
        context: The LaunchDarkly context; without it, that of `use_context`, `configure` or the tracked call
            around.
        default: The config to use where LaunchDarkly serves none.
        variables: Values for the config's message templates.
        client: Another LaunchDarkly client than the configured one.

    Raises:
        MissingContextError: There is no LaunchDarkly context.
    """
    check_config_key(config_key, 'conversation("my-config-key", context)')
    check_context(context)
    _clients.check_source(client)
    found = context or surrounding_context(Moment())
    if found is None:
        raise MissingContextError(f"conversation({config_key!r})", "its second argument")
    options = Options(context=found, default=default, variables=variables or {}, client=client)
    return Conversation(config_key, found, options)


def pinned(config_key: str, context: Context) -> Conversation | None:
    """The innermost open conversation of a config and a LaunchDarkly context."""
    for candidate in reversed(_open.get()):
        if candidate.config_key == config_key and candidate.context == context:
            return candidate
    return None
