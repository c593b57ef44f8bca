"""A1, A3: every wrong option is refused at once, with a message that names it."""

from __future__ import annotations

import typing
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from ldai import (
    AICompletionConfigDefault,
    ManagedModel,
)
from ldclient import Context, LDClient

from ldtrack import (
    bind_run,
    configure,
    explain,
    flush,
    register_extractor,
    tracked,
    use_context,
)
from support import KEY, Reply, only_run

BAD_DECORATIONS: dict[str, tuple[Any, type[Exception], str]] = {
    "no parentheses": (lambda: tracked(lambda: None), TypeError, '@tracked\\("'),
    "empty key": (lambda: tracked(""), ValueError, "key"),
    "blank key": (lambda: tracked("  "), ValueError, "key"),
    "no key": (lambda: tracked(None), TypeError, "key"),
    "number as key": (lambda: tracked(7), TypeError, "key"),
    "a class": (lambda: tracked(KEY)(Reply), TypeError, "class"),
    "no callable": (lambda: tracked(KEY)(7), TypeError, "callable|function"),
    "extractor": (lambda: tracked(KEY, extractor=7), TypeError, "extractor"),
    "context": (lambda: tracked(KEY, context="user"), TypeError, "context"),
    "invalid context": (lambda: tracked(KEY, context=Context.create("")), ValueError, "context"),
    "default": (lambda: tracked(KEY, default={"enabled": True})(len), TypeError, "default"),
    "variables": (lambda: tracked(KEY, variables=7), TypeError, "variables"),
    "mode": (lambda: tracked(KEY, mode="chat"), ValueError, "mode"),
    "fallback": (lambda: tracked(KEY, fallback="text"), TypeError, "fallback"),
    "client": (lambda: tracked(KEY, client="sdk-key"), TypeError, "client"),
    "interrupted": (lambda: tracked(KEY, interrupted="maybe"), ValueError, "interrupted"),
    "ignore": (lambda: tracked(KEY, ignore=KeyError), TypeError, "ignore"),
    "ignored instance": (lambda: tracked(KEY, ignore=(KeyError(),)), TypeError, "ignore"),
    "nested": (lambda: tracked(KEY, nested="never"), ValueError, "nested"),
    "unknown option": (lambda: tracked(KEY, name="x"), TypeError, "name"),
    "positional option": (lambda: tracked(KEY, print), TypeError, "positional"),
}


@pytest.mark.parametrize("case", BAD_DECORATIONS)
def test_a1_bad_decoration_is_refused_at_once(case: str) -> None:
    """Every wrong option is refused when decorating, with a message that names it."""
    decorate, error, text = BAD_DECORATIONS[case]

    with pytest.raises(error, match=text):
        decorate()


def _sync() -> Any:
    return 1


async def _async() -> Any:
    return 1


def _generator() -> Iterator[Any]:
    yield 1


async def _async_generator() -> AsyncIterator[Any]:
    yield 1


FUNCTIONS: list[Any] = [_sync, _async, _generator, _async_generator]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("fallback", FUNCTIONS)
def test_a1_fallback_has_the_shape_of_the_function(function: Any, fallback: Any) -> None:
    """A fallback of another shape is a TypeError at decoration."""
    if function is fallback:
        assert tracked(KEY, fallback=fallback)(function)
        return
    with pytest.raises(TypeError, match="fallback"):
        tracked(KEY, fallback=fallback)(function)


BAD_SETTINGS: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "client": ({"client": "sdk-key"}, TypeError),
    "context": ({"context": "user"}, TypeError),
    "invalid context": ({"context": Context.create("")}, ValueError),
    "interrupted": ({"interrupted": "maybe"}, ValueError),
    "ignore": ({"ignore": [KeyError]}, TypeError),
    "nested": ({"nested": "never"}, ValueError),
    "unserved": ({"unserved": "keep"}, ValueError),
    "model_refusal": ({"model_refusal": "ignore"}, ValueError),
    "parsing_error": ({"parsing_error": None}, ValueError),
    "strict": ({"strict": "yes"}, TypeError),
    "on_finish": ({"on_finish": 7}, TypeError),
    "unknown": ({"extractor": print}, TypeError),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_a3_bad_settings_are_refused(ld: Any, case: str) -> None:
    """`configure` refuses wrong values, and keeps what was set before."""
    options, error = BAD_SETTINGS[case]

    with pytest.raises(error, match=next(iter(options))):
        configure(**options)
    tracked(KEY)(lambda: Reply())()
    assert "success" == only_run(ld).outcome


def test_a3_use_context_refuses_what_is_no_context() -> None:
    """`use_context` refuses at once, too."""
    for wrong, error in ((None, TypeError), ("user", TypeError), (Context.create(""), ValueError)):
        with pytest.raises(error, match="context"):
            use_context(wrong)


def test_a5_explain_refuses_undecorated_functions() -> None:
    """A function that is not decorated is a TypeError that says so."""
    for wrong in (_sync, 7, Reply):
        with pytest.raises(TypeError, match="tracked"):
            explain(wrong)


def test_a9_bind_run_refuses_what_is_no_function() -> None:
    """Only callables can be bound."""
    with pytest.raises(TypeError):
        bind_run(7)


def test_b6_managed_runner_needs_a_coroutine_function() -> None:
    """Tier 1 on anything but `async def` is refused at decoration, with the reason."""

    def sync(model: ManagedModel) -> Any:
        return None

    def generator(model: ManagedModel) -> Iterator[Any]:
        yield 1

    async def async_generator(model: ManagedModel) -> AsyncIterator[Any]:
        yield 1

    for function in (sync, generator, async_generator):
        with pytest.raises(TypeError, match="async"):
            tracked(KEY)(function)


def test_a1_default_of_the_wrong_kind_is_named(ld: Any) -> None:
    """A default of the wrong class is refused where it is decorated."""
    with pytest.raises(TypeError, match="default"):
        tracked(KEY, default=AICompletionConfigDefault)(_sync)


def _needs_a_key(key: str) -> Any: ...


@pytest.mark.parametrize("wrong", ["2", True, [2]])
def test_a6_flush_takes_seconds(ld: Any, wrong: Any) -> None:
    """The slip is named, instead of an addition that fails."""
    with pytest.raises(TypeError, match="timeout is a number of seconds"):
        flush(wrong)


@pytest.mark.parametrize("wrong", [_needs_a_key, LDClient])
def test_a3_a_client_factory_is_called_without_arguments(wrong: Any) -> None:
    """One that needs some is refused where it is given: it would fail at the first call."""
    for give in (lambda: configure(client=wrong), lambda: tracked(KEY, client=wrong)):
        with pytest.raises(TypeError, match=rf"client= .*{wrong.__name__} needs some"):
            give()


@pytest.mark.parametrize("union", [Reply | int, typing.Union[Reply, int]])  # noqa: UP007 -- both spellings
def test_c1_a_union_is_registered_by_its_members(union: Any) -> None:
    """The advice names classes that can be registered."""
    with pytest.raises(TypeError, match=r"each of its members, support.Reply, builtins.int"):
        register_extractor(union, lambda reply: None)
