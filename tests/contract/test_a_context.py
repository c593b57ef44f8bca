"""A1: where the LaunchDarkly context and the template variables come from."""

from __future__ import annotations

import typing
from typing import Any

import pytest
from ldai import (
    AICompletionConfig,
)
from ldclient import Context

from contract.helpers import recorded_for
from ldtrack import (
    LdtrackError,
    MissingContextError,
    configure,
    inject,
    tracked,
    use_context,
)
from support import KEY, USER, Reply

ADA = Context.create("ada")


BOB = Context.create("bob")


def test_a1_context_in_order(ld: Any) -> None:
    """`context=`, else a `Context` parameter, else `use_context`, else the configured one."""

    @tracked(KEY, context=ADA)
    def fixed(user: Context) -> Reply:
        return Reply()

    @tracked(KEY)
    def by_parameter(user: Context) -> Reply:
        return Reply()

    @tracked(KEY)
    def without() -> Reply:
        return Reply()

    with use_context(BOB):
        fixed(USER)
        by_parameter(ADA)
        without()
    without()
    assert ["ada", "ada", "bob", "user-1"] == recorded_for(ld)


def test_a1_missing_context_lists_the_ways(ld: Any) -> None:
    """With none of them, MissingContextError lists them, and the function does not run."""
    configure(client=ld.client, context=None)

    @tracked(KEY)
    def answer() -> Reply:
        raise AssertionError("the function ran")

    with pytest.raises(MissingContextError) as caught:
        answer()
    for way in ("context=", "Context", "use_context", "configure"):
        assert way in str(caught.value)
    assert isinstance(caught.value, LdtrackError)


@pytest.mark.parametrize("annotation", ["Context", "Context | None", "typing.Optional[Context]", "'Context'"])
def test_a1_context_parameter_annotations(ld: Any, annotation: str) -> None:
    """Optional and string annotations are understood; None falls through to the next source."""
    source = f"def answer(question, user: {annotation} = None):\n    return 1\n"
    scope: dict[str, Any] = {"Context": Context, "typing": typing}
    exec(source, scope)
    answer = tracked(KEY)(scope["answer"])

    answer("q", ADA)
    answer("q", user=BOB)
    answer("q")
    assert ["ada", "bob", "user-1"] == recorded_for(ld)


def test_a1_context_function_by_name_and_as_called(ld: Any) -> None:
    """A function of the arguments is called by name where its parameters are the function's, else as called."""

    @tracked(KEY, context=lambda user_id: Context.create(user_id))
    def by_name(question: str, user_id: str = "default-user") -> Reply:
        return Reply()

    @tracked(KEY, context=lambda *args, **kwargs: Context.create(f"{args[0]}-{kwargs['tail']}"))
    def as_called(head: str, *, tail: str) -> Reply:
        return Reply()

    by_name("q", "ada")
    by_name("q")
    by_name(user_id="bob", question="q")
    as_called("h", tail="t")
    assert ["ada", "default-user", "bob", "h-t"] == recorded_for(ld)


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (lambda: 1 / 0, ZeroDivisionError),
        (lambda: "user", (TypeError, LdtrackError)),
        (lambda: Context.create(""), (ValueError, LdtrackError)),
    ],
    ids=["raises", "no context", "invalid context"],
)
def test_a1_context_function_that_fails(ld: Any, function: Any, error: Any) -> None:
    """What goes wrong in it reaches the caller before the function runs."""

    @tracked(KEY, context=function)
    def answer() -> Reply:
        raise AssertionError("the function ran")

    with pytest.raises(error):
        answer()
    assert [] == ld.runs()


def test_a1_context_parameter_with_an_invalid_context(ld: Any) -> None:
    """An invalid context passed as an argument never gets somebody's config."""

    @tracked(KEY)
    def answer(user: Context) -> Reply:
        raise AssertionError("the function ran")

    with pytest.raises((ValueError, LdtrackError)):
        answer(Context.create(""))
    assert [] == ld.runs()


def test_a1_run_context_before_missing_context(ld: Any) -> None:
    """Inside a run, its context serves calls that have no other source."""
    configure(client=ld.client, context=None)

    @tracked("other")
    def inner() -> Reply:
        return Reply()

    @tracked(KEY, context=ADA)
    def outer() -> Reply:
        return inner()

    outer()
    assert {"ada"} == set(recorded_for(ld))


def prompt(config: Any) -> str:
    """The rendered message."""
    return str(config.messages[0].content)


def test_a1_variables_default_to_scalar_arguments(ld: Any) -> None:
    """The call's own scalar arguments render the template; objects do not."""

    @tracked(KEY)
    def answer(name: str, question: int = 4, thing: object = None, config: AICompletionConfig = inject()) -> str:
        return prompt(config)

    assert "Hello ada 4" == answer("ada", thing=Reply())
    assert "Hello ada 5" == answer(question=5, name="ada")


def test_a1_variables_mapping_and_function(ld: Any) -> None:
    """A mapping, or a function of the arguments, replaces them."""

    @tracked(KEY, variables={"name": "fixed"})
    def mapping(name: str, config: AICompletionConfig = inject()) -> str:
        return prompt(config)

    @tracked(KEY, variables=lambda name: {"name": name.upper()})
    def function(name: str, config: AICompletionConfig = inject()) -> str:
        return prompt(config)

    assert "Hello fixed " == mapping("ada")
    assert "Hello ADA " == function("ada")


def test_a1_variables_function_that_fails(ld: Any) -> None:
    """Its exception reaches the caller."""

    @tracked(KEY, variables=lambda name: 1 / 0)
    def answer(name: str) -> Reply:
        raise AssertionError("the function ran")

    with pytest.raises(ZeroDivisionError):
        answer("ada")


@pytest.mark.anyio
async def test_a3_use_context_async_and_nested(ld: Any) -> None:
    """`use_context` nests, works with `async with`, and ends with its block."""
    answer = tracked(KEY)(lambda: Reply())
    async with use_context(ADA):
        answer()
        with use_context(BOB):
            answer()
        answer()
    answer()
    assert ["ada", "bob", "ada", "user-1"] == recorded_for(ld)
