"""A1: what is passed for the LaunchDarkly context is used, or refused; it is never somebody else's."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import pytest
from ldai import AICompletionConfig
from ldclient import Context

from contract.helpers import never, recorded_for, warnings_of
from ldtrack import MissingContextError, configure, conversation, inject, send_feedback, tracked
from support import KEY, USER, Reply, only_run

ADA = Context.create("ada")


@pytest.mark.parametrize("wrong", ["ada", {"key": "ada"}, 7, object()], ids=lambda wrong: type(wrong).__name__)
def test_a1_an_argument_that_is_no_context_is_refused(ld: Any, wrong: Any) -> None:
    """The configured user's config would answer for another one: the message names argument, function and class."""

    @tracked(KEY)
    def answer(question: str, user: Context | None = None) -> Any:
        return never()

    @tracked(KEY)
    def stream(user: Context | None = wrong) -> Iterator[Any]:
        yield never()

    text = rf"'user' of .*answer is annotated Context, and got a {type(wrong).__name__}"
    for call in (lambda: answer("q", wrong), lambda: answer("q", user=wrong)):
        with pytest.raises(TypeError, match=text):
            call()
    with pytest.raises(TypeError, match=r"'user' of .*stream"):
        next(stream())
    assert [] == ld.runs()


def test_a1_context_option_goes_before_the_argument(ld: Any) -> None:
    """A parameter that is for another kind of context is left alone then."""

    @tracked(KEY, context=ADA)
    def answer(user: Context | str) -> Reply:
        return Reply()

    answer("somebody")
    assert ["ada"] == recorded_for(ld)


def test_a1_two_context_parameters_need_a_choice(ld: Any) -> None:
    """Which one is meant cannot be guessed: a ValueError at decoration, with the option to write."""

    def answer(sender: Context, receiver: Context) -> Reply:
        return Reply()

    with pytest.raises(ValueError, match=r"'sender', 'receiver'.*context=lambda sender: sender"):
        tracked(KEY)(answer)
    tracked(KEY, context=lambda receiver: receiver)(answer)(USER, ADA)
    assert ["ada"] == recorded_for(ld)


@pytest.mark.parametrize("options", [{}, {"context": ADA}], ids=["open", "said"])
def test_a1_an_annotation_that_cannot_be_resolved_is_warned_of(
    ld: Any, options: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A name that only type checkers import may be ldclient's Context: one warning per function, no guess."""

    def answer(user: LDContext) -> Reply:  # type: ignore[name-defined] # noqa: F821
        return Reply()

    for _ in range(2):
        tracked(KEY, **options)(answer)
    assert (0 if options else 1) == len(warnings_of(caplog))
    assert options or "'user' cannot be resolved" in warnings_of(caplog)[0]


class Lazy:
    """Looks like another object when it is asked for its class, as werkzeug's and Django's proxies do."""

    def __init__(self, make: Any) -> None:
        object.__setattr__(self, "make", make)

    @property
    def __class__(self) -> Any:
        return type(self.make())

    @__class__.setter
    def __class__(self, kind: Any) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return getattr(self.make(), name)


def unbound() -> Any:
    """What a proxy does outside of a request."""
    raise RuntimeError("working outside of request context")


def test_d2_lazy_arguments_are_not_touched(ld: Any) -> None:
    """Neither as arguments nor as defaults, beside what is filled in."""
    lazy: Any = Lazy(unbound)

    @tracked(KEY)
    def answer(thing: Any, config: AICompletionConfig = inject(), other: Any = lazy) -> Any:
        return thing is other is lazy

    assert answer(lazy)
    assert answer(lazy, lazy)
    assert answer(thing=lazy)


def test_a1_a_lazy_context_is_the_context_it_stands_for(ld: Any) -> None:
    """A parameter annotated Context is for us to look at; what that raises is the caller's to see."""

    @tracked(KEY)
    def answer(user: Context) -> Reply:
        return Reply()

    answer(Lazy(lambda: ADA))
    assert ["ada"] == recorded_for(ld)
    with pytest.raises(RuntimeError, match="outside of request"):
        answer(Lazy(unbound))


def test_a1_feedback_and_conversations_find_the_context_of_the_call_around(ld: Any) -> None:
    """As the message of `MissingContextError` says, which is one for all."""
    configure(context=None)

    @tracked(KEY, context=ADA)
    def answer(token: str) -> Any:
        send_feedback(token, positive=True)
        return conversation(KEY).context

    made = types.SimpleNamespace()

    @tracked("other", context=USER)
    def earlier(run: Any = None) -> None:
        from ldtrack import current_run

        made.token = current_run().resumption_token

    earlier()
    ld.clear()
    assert ADA == answer(made.token)
    assert "ada" == next(event for event in ld.events if "feedback" in event.key).context.key
    with pytest.raises(MissingContextError):
        send_feedback(made.token, positive=True)


def test_a1_an_empty_key_of_a_conversation_shows_a_conversation() -> None:
    """The example is of what was called."""
    for wrong, error in (("", ValueError), (None, TypeError)):
        with pytest.raises(error, match=r'write conversation\("my-config-key", context\)'):
            conversation(wrong, ADA)  # type: ignore[arg-type]


def test_a1_a_missing_argument_is_pythons_own_error(ld: Any) -> None:
    """Left out, the context's parameter says so itself."""

    @tracked(KEY)
    def answer(user: Context) -> Reply:
        return Reply()

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'user'"):
        answer()
    assert [] == ld.runs()
    answer(ADA)
    assert "success" == only_run(ld).outcome
