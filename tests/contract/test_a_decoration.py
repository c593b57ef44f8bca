"""A1, B7: options that do not fit the function, or one another, are refused where they are written."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Iterator
from typing import Any

import cloudpickle
import pytest
from ldai import (
    AIAgentConfig,
    AIAgentConfigDefault,
    AICompletionConfig,
    AICompletionConfigDefault,
    AIJudgeConfig,
    LDAIClient,
    ManagedModel,
)
from ldai.models import AIConfigDefault
from ldai.tracker import LDAIConfigTracker
from ldclient import Context

from contract.helpers import never
from ldtrack import Run, configure, inject, track_stream, tracked
from support import KEY, Chunk, ChunkReader, Reply, Stream, only_run, read_reply, whole


def _completion(config: AICompletionConfig) -> Any: ...
def _agent(config: AIAgentConfig) -> Any: ...
def _both(first: AICompletionConfig, second: AIAgentConfig) -> Any: ...
async def _managed(model: ManagedModel, config: AIAgentConfig) -> Any: ...
def _judge(config: AIJudgeConfig) -> Any: ...
def _ask(question: str, size: int = 1, *, tone: str) -> Any: ...
def _to_reply(question: str) -> Reply: ...
def _to_text(question: str) -> str: ...
def _to_texts(question: str) -> list[str]: ...
def _to_stream() -> Iterator[Chunk]: ...
def _hidden() -> Any: ...


def _to_stream_body() -> Iterator[Chunk]:
    yield Chunk()


def _needs_config(question: str, size: int = 1, *, tone: str, config: AICompletionConfig) -> Any: ...
def _waits_for_config(question: str, size: int = 1, *, tone: str, config: AICompletionConfig = inject()) -> Any: ...


AGENT = AIAgentConfigDefault(enabled=True)
COMPLETION = AICompletionConfigDefault(enabled=True)

MISFITS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "agent mode, completion default": (_hidden, {"mode": "agent", "default": COMPLETION}, "AIAgentConfigDefault"),
    "completion default, agent parameter": (_agent, {"default": COMPLETION}, "AIAgentConfigDefault"),
    "agent default": (_hidden, {"default": AGENT}, r"AICompletionConfigDefault.*mode="),
    "base class as default": (_hidden, {"default": AIConfigDefault(enabled=True)}, "AICompletionConfigDefault"),
    "completion mode, agent parameter": (_agent, {"mode": "completion"}, "leave out mode="),
    "agent mode, completion parameter": (_completion, {"mode": "agent"}, "mode='completion'"),
    "agent mode, judge parameter": (_judge, {"mode": "agent"}, "mode='judge'"),
    "two kinds of config": (_both, {}, "'first'.*'second'"),
    "managed model and agent config": (_managed, {}, "'model'.*'config'"),
    "context takes another argument": (_ask, {"context": lambda user: None}, "^context="),
    "context takes nothing of them": (_ask, {"context": lambda question, size, tone, user: None}, "^context="),
    "variables takes another argument": (_ask, {"variables": lambda user: {}}, "^variables="),
    "fallback without arguments": (_ask, {"fallback": lambda: 2}, r"^fallback= takes \(\)"),
    "fallback needs what may be left out": (_ask, {"fallback": lambda q, size, *, tone: 2}, "^fallback="),
    "fallback without the keyword": (_ask, {"fallback": lambda question, size=1: 2}, "^fallback="),
    "fallback to be filled in": (_ask, {"fallback": _needs_config}, r"^fallback= .*'config'"),
    "fallback with inject()": (_ask, {"fallback": _waits_for_config}, r"^fallback= .*'config'"),
    "extractor without arguments": (_to_text, {"extractor": lambda: None}, "cannot be called with 1 argument"),
    "extractor with two": (_hidden, {"extractor": lambda a, b: None}, "cannot be called with 1 argument"),
    "async extractor": (_hidden, {"extractor": _managed}, "plain function"),
    "stream extractor on text": (_to_text, {"extractor": ChunkReader}, "ChunkReader"),
    "stream extractor on a list": (_to_texts, {"extractor": ChunkReader}, "ChunkReader"),
    "stream extractor on a known type": (_to_reply, {"extractor": ChunkReader}, "ChunkReader"),
    "two arguments on a stream": (_to_stream, {"extractor": lambda a, b: None}, "cannot be called with 1 argument"),
    "an object on a generator": (_to_stream_body, {"extractor": ChunkReader()}, "give the class ChunkReader"),
    "a class that feeds nothing": (_to_stream_body, {"extractor": Chunk}, "no feed"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_a1_what_does_not_fit_the_function_is_refused_at_once(ld: Any, case: str) -> None:
    """Each would else fail at the first call, or track something else in silence; the message says the fix."""
    function, options, text = MISFITS[case]

    with pytest.raises(TypeError, match=text):
        tracked(KEY, **options)(function)


FITS: dict[str, tuple[Any, dict[str, Any]]] = {
    "agent default": (_agent, {"default": AGENT, "mode": "agent"}),
    "any arguments": (_ask, {"fallback": lambda *args, **kwargs: 2, "context": lambda *args, **kwargs: None}),
    "other names": (_ask, {"fallback": lambda q, s=1, *, tone: 2}),
    "some arguments by name": (_ask, {"context": lambda tone: None, "variables": lambda question, size: {}}),
    "config that can be left out": (_ask, {"fallback": lambda question, size=1, *, tone, config=None: 2}),
    "config that is always passed": (_agent, {"fallback": lambda config: 2}),
    "no signature": (_ask, {"fallback": dict, "variables": dict}),
    "factory, where the result is open": (_hidden, {"extractor": ChunkReader}),
    "factory on a stream": (_to_stream, {"extractor": ChunkReader}),
    "response or chunk": (_to_stream_body, {"extractor": read_reply}),
}


@pytest.mark.parametrize("case", FITS)
def test_a1_what_fits_is_taken(ld: Any, case: str) -> None:
    """Nothing is refused that can work."""
    function, options = FITS[case]

    assert function.__name__ == tracked(KEY, **options)(function).__name__


def test_a1_without_a_key_the_message_shows_how_to_write_it() -> None:
    """`@tracked()` is as near a slip as `@tracked`."""
    with pytest.raises(TypeError, match=r'@tracked\("my-config-key"\)'):
        tracked()  # type: ignore[call-overload]


def test_a2_a_stream_extractor_object_is_refused_by_the_block(ld: Any) -> None:
    """A block's extractor is checked as a function's."""
    tracker = LDAIClient(ld.client).completion_config(KEY, Context.create("u")).create_tracker()
    for wrong, text in ((ChunkReader(), "give the class"), (lambda a, b: None, "1 argument"), (7, "stream extractor")):
        with pytest.raises(TypeError, match=text):
            track_stream(tracker, extractor=wrong)


def test_a1_a_function_for_variables_that_gives_no_mapping_is_named(ld: Any) -> None:
    """As with `context=`: the site, what came, and what to return."""

    @tracked(KEY, variables=lambda name: [name])
    def answer(name: str) -> Any:
        return never()

    with pytest.raises(TypeError, match=r"variables= of .*answer returned list: return a mapping"):
        answer("ada")


def test_b7_an_undecorated_inject_says_what_is_missing() -> None:
    """The default that reached the code names the decorator, instead of a class nobody knows."""

    def answer(config: AICompletionConfig = inject()) -> Any:
        return config.model

    with pytest.raises(AttributeError, match=r"'model': decorate the function with @tracked"):
        answer()


def test_b7_a_partial_brings_the_config_that_it_binds(ld: Any) -> None:
    """The run is that config's, and the caller can still bring another."""
    mine, other = (LDAIClient(ld.client).completion_config(key, Context.create("u")) for key in ("other", KEY))
    ld.clear()

    def answer(question: str, config: AICompletionConfig) -> Any:
        return config.key

    bound = tracked(KEY)(functools.partial(answer, config=mine))
    assert "other" == bound("q")
    assert "other" == only_run(ld).config_key
    assert KEY == bound("q", config=other)


def test_b7_a_partial_binds_injected_parameters_by_name(ld: Any) -> None:
    """By position the signature would not tell of it: refused for what is filled in, understood for the context."""

    def answer(config: AICompletionConfig, question: str) -> Any: ...

    def for_user(user: Context, question: str) -> Reply:
        return Reply(question)

    with pytest.raises(TypeError, match=r"'config' by position.*config=\.\.\."):
        tracked(KEY)(functools.partial(answer, object()))
    configure(context=None)
    assert "q" == tracked(KEY)(functools.partial(for_user, Context.create("ada")))("q").text
    assert "ada" == only_run(ld).events[0].context.key


def test_b7_injected_parameters_that_are_only_positional(ld: Any) -> None:
    """They are filled in behind the defaults of what the caller left out."""

    @tracked(KEY)
    def answer(size: int = 1, config: AICompletionConfig = inject(), tone: str = "kind", run: Run = inject(), /) -> Any:
        return size, config.key, tone, isinstance(run, Run)

    assert (1, KEY, "kind", True) == answer()
    assert (2, KEY, "kind", True) == answer(2)
    assert (2, KEY, "brief", True) == answer(2, "brief")

    @tracked(KEY)
    def needs(question: str, config: AICompletionConfig, /) -> Any:
        return never()

    with pytest.raises(TypeError):
        needs()


def test_f1_functions_that_travel_by_value_are_filled_in_there(ld: Any) -> None:
    """What stands for the default is the same in every process."""

    @tracked(KEY)
    def answer(question: str, config: AICompletionConfig = inject()) -> Any:
        return question, config.key

    assert ("q", KEY) == cloudpickle.loads(cloudpickle.dumps(answer))("q")
    assert inject() is pickle.loads(pickle.dumps(inject()))


class OwnConfig:
    """Has what a config has, and is none: a test's double, or another library's."""

    enabled = True
    key = "own"

    def __init__(self, config: Any) -> None:
        self.create_tracker = config.create_tracker


def test_a1_a_config_of_another_class_passed_by_position(ld: Any) -> None:
    """One argument more than the caller's own parameters is meant for the injected one."""
    own = OwnConfig(LDAIClient(ld.client).completion_config("other", Context.create("u")))
    ld.clear()

    @tracked(KEY)
    def answer(question: str, config: AICompletionConfig) -> Any:
        return question, config.key

    @tracked(KEY)
    def many(question: str, config: AICompletionConfig = inject(), *more: str) -> Any:
        return question, config.key, more

    assert ("q", "own") == answer("q", own) == answer("q", config=own)
    assert ["other", "other"] == [run.config_key for run in ld.runs()]
    assert ("q", KEY, ("more",)) == many("q", "more")


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        ({"config": {"enabled": True}}, r"'config' of .*answer takes an AICompletionConfig, not a dict"),
        ({"tracker": "x"}, r"'tracker' of .*answer takes an LDAIConfigTracker, not a str"),
    ],
)
def test_a1_what_is_passed_for_an_injected_parameter_is_checked(ld: Any, passed: dict[str, Any], text: str) -> None:
    """The slip is named, instead of an attribute that a dict does not have."""

    @tracked(KEY)
    def answer(config: AICompletionConfig = inject(), tracker: LDAIConfigTracker = inject()) -> Any:
        return never()

    with pytest.raises(TypeError, match=text):
        answer(**passed)


def test_c8_a_factory_where_the_result_is_open_reads_the_stream(ld: Any) -> None:
    """Without an annotation, the result decides."""
    decorated = tracked(KEY, extractor=ChunkReader)(lambda: Stream(whole()))

    list(decorated())
    assert 8 == only_run(ld).total_tokens
