"""A: what the public face does in its rarer uses."""

from __future__ import annotations

import contextvars
import inspect
import pickle
import sys
import threading
import time
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from ldai import AICompletionConfig

from contract.helpers import warnings_of
from ldtrack import bind_run, configure, current_run, explain, inject, send_feedback, suppressed, tracked, use_context
from support import KEY, USER, Reply, keys, only_run


@pytest.mark.anyio
async def test_a9_bind_run_takes_coroutine_functions(ld: Any) -> None:
    """A bound coroutine function stays one, and runs inside the run of the moment it was bound in."""
    bound: list[Any] = []

    @tracked(KEY)
    def answer() -> Reply:
        async def job(word: str) -> tuple[str, str]:
            return word, current_run().resumption_token

        bound.append(bind_run(job))
        return Reply(text=current_run().resumption_token)

    reply = answer()
    assert inspect.iscoroutinefunction(bound[0])
    assert "job" == bound[0].__name__
    assert ("hi", reply.text) == await bound[0]("hi")


@pytest.mark.anyio
async def test_a8_suppressed_works_with_async_with(ld: Any) -> None:
    """The block is silent, and what comes after it is not."""
    answer = tracked(KEY)(lambda: Reply())

    async with suppressed():
        answer()
    assert [] == ld.runs()

    answer()
    assert "success" == only_run(ld).outcome


def test_a3_a_context_left_elsewhere_than_it_was_entered(ld: Any) -> None:
    """A framework that enters a block in one context and leaves it in another gets no exception."""
    block = use_context(USER)
    contextvars.copy_context().run(block.__enter__)

    assert block.__exit__(None, None, None) is None


def test_a4_suppressed_feedback_is_not_sent(ld: Any) -> None:
    """`send_feedback` is silent in the block."""
    tokens: list[str] = []
    tracked(KEY)(lambda: tokens.append(current_run().resumption_token))()

    with suppressed():
        send_feedback(tokens[0], positive=True)
    assert not [key for key in keys(only_run(ld)) if "feedback" in key]
    send_feedback(tokens[0], positive=True)
    assert 1 == len([key for key in keys(only_run(ld)) if "feedback" in key])


def test_d3_feedback_that_cannot_be_sent(
    ld: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The app goes on, and the log tells; in the run and after it."""
    runs: list[Any] = []
    tracked(KEY)(lambda: runs.append(current_run()))()
    token = runs[0].resumption_token

    def track(*_args: Any) -> None:
        raise RuntimeError("track is broken")

    monkeypatch.setattr(ld.client, "track", track)
    caplog.clear()
    runs[0].feedback(positive=True)
    send_feedback(token, positive=False)

    assert not [key for key in keys(only_run(ld)) if "feedback" in key]
    assert any("send_feedback" in warning for warning in warnings_of(caplog))


def test_a4_a_tool_call_told_after_the_end_is_sent_at_once(ld: Any) -> None:
    """The run is over, its tracker is not."""
    runs: list[Any] = []
    tracked(KEY)(lambda: runs.append(current_run()))()
    assert not only_run(ld).tool_calls

    runs[0].tool_call("search")
    assert ["search"] == only_run(ld).tool_calls


def test_a3_a_factory_that_two_threads_need_at_once(ld: Any) -> None:
    """The second one waits for the first one's client."""
    calls, replies = [], []

    def waits_for_the_lock(thread: threading.Thread) -> bool:
        frame = sys._current_frames().get(thread.ident or 0)
        return frame is not None and frame.f_code.co_name == "_make"

    def factory() -> Any:
        calls.append(1)
        second.start()
        while not waits_for_the_lock(second):
            time.sleep(0.001)
        return ld.client

    answer = tracked(KEY, client=factory, context=USER)(lambda: Reply())
    second = threading.Thread(target=lambda: replies.append(answer()))
    replies.append(answer())
    second.join()

    assert [Reply(), Reply()] == replies
    assert [1] == calls


def test_a5_explain_tells_where_the_context_comes_from() -> None:
    """`context=` is said to be the source."""
    decorated = tracked(KEY, context=USER)(lambda: Reply())

    assert "from context=" == explain(decorated).context


def test_a1_variables_from_a_class_without_a_signature(ld: Any) -> None:
    """A callable of which Python knows no parameters is called as the function was."""

    @tracked(KEY, variables=dict)
    def answer(*, name: str, question: str) -> Any:
        return current_run().config.messages[0].content

    assert "Hello ada why" == answer(name="ada", question="why")


def test_a7_placeholders_read_well_in_help() -> None:
    """What `help` shows of defaults says what they mean."""

    def ask(config: AICompletionConfig = inject()) -> None: ...

    assert "inject()" in str(inspect.signature(ask))
    assert "<unchanged>" in str(inspect.signature(configure))


def test_b7_an_annotated_parameter_is_injected(ld: Any) -> None:
    """`Annotated[AICompletionConfig, ...]` names the config, too."""

    def answer(config: Any = inject()) -> str:
        return type(config).__name__

    answer.__annotations__["config"] = Annotated[AICompletionConfig, "of this call"]
    assert "AICompletionConfig" == tracked(KEY)(answer)()


def test_b7_inject_without_a_known_annotation_is_refused() -> None:
    """The message names what can be injected."""

    def answer(config: dict[str, Any] = inject()) -> None: ...

    with pytest.raises(TypeError, match=r"'config'.*AICompletionConfig"):
        tracked(KEY)(answer)


def test_f2_tracked_generator_functions_say_what_they_are() -> None:
    """Their `repr` names shape and function."""

    @tracked(KEY)
    def answer() -> Iterator[str]:
        yield "hi"

    assert "<tracked generator function " in repr(answer)
    assert repr(answer).endswith("answer>")


def test_f2_the_pickler_in_pure_python_takes_them_by_name() -> None:
    """A local generator function cannot travel, decorated or not."""

    def answer() -> Iterator[str]:
        yield "hi"

    errors: list[type[BaseException]] = []
    for function in (answer, tracked(KEY)(answer)):
        with pytest.raises((AttributeError, pickle.PicklingError)) as caught:
            pickle._dumps(function)  # type: ignore[attr-defined]
        errors.append(caught.type)
    assert errors[0] is errors[1]
