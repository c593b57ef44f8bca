"""How the registry finds what reads a value (C1, C2, C5)."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import pytest
from anthropic.types import Message
from ldai.providers.types import LDAIMetrics
from openai.types.chat import ChatCompletion, ParsedChatCompletion

from ldtrack import (
    _registry,
    extractor_for,
    register_extractor,
    register_stream_extractor,
    registered,
    stream_extractor_for,
)
from ldtrack.extractors.plain import DictStream

T = TypeVar("T")


def first(_response: Any) -> LDAIMetrics | None:
    """Read, somehow."""


def second(_response: Any) -> LDAIMetrics | None:
    """Read, otherwise."""


def third(_response: Any) -> LDAIMetrics | None:
    """Read, in yet another way."""


class Base:
    """A response."""

    class Inner:
        """A class inside a class."""


class Derived(Base):
    """A response of a more special kind."""


class Box(Generic[T]):
    """A generic response."""


HERE = __name__


@pytest.mark.parametrize("key", [Base, f"{HERE}.Base", f"{HERE}.moved.elsewhere.Base"])
def test_c1_subclasses_match(key):
    """A class is found through its parents, by itself or by its package and name, wherever its module is."""
    register_extractor(key, first)

    assert first is extractor_for(Base) is extractor_for(Derived) is extractor_for(Derived())


def test_c1_nested_classes_have_longer_names():
    """The qualified name counts, not only its last part."""
    register_extractor(f"{HERE}.Inner", first)
    assert extractor_for(Base.Inner) is None

    register_extractor(f"{HERE}.Base.Inner", second)
    assert second is extractor_for(Base.Inner)


def test_c1_another_packages_class_of_that_name_does_not_match():
    """A name is looked up within its top-level package."""
    register_extractor("elsewhere.Base", first)

    assert extractor_for(Base) is None


def test_c1_generic_aliases_share_their_class():
    """An object of a parametrised class is one of the class."""
    register_extractor(Box, first)

    assert first is extractor_for(Box[int]()) is extractor_for(Box[int])
    assert Box is _registry.find_for_annotation(Box[int]).key


def test_c1_the_more_specific_registration_wins():
    """Whoever made it, and in whatever order."""
    register_extractor(Derived, first)
    register_extractor(Base, second)

    assert first is extractor_for(Derived)
    assert second is extractor_for(Base)


def test_c1_users_registration_wins_over_built_in_and_the_latest_over_earlier():
    """At one class the user's wins, by class or by name; taken back, the built-in one is there again."""
    built_in = extractor_for(ChatCompletion)
    register_extractor(ChatCompletion, first)
    assert first is extractor_for(ChatCompletion) is extractor_for(ParsedChatCompletion[int])
    register_extractor("openai.ChatCompletion", second)
    assert second is extractor_for(ChatCompletion)
    register_extractor(ChatCompletion, third)
    assert third is extractor_for(ChatCompletion)

    _registry.unregister(ChatCompletion)
    _registry.unregister("openai.ChatCompletion")
    assert built_in is extractor_for(ChatCompletion)


def test_c1_a_users_registration_of_a_parent_does_not_beat_a_built_in_of_the_class():
    """The more specific one wins first."""
    built_in = extractor_for(ChatCompletion)
    register_extractor("pydantic.BaseModel", first)

    assert built_in is extractor_for(ChatCompletion)


def test_c1_predicates_decide_for_each_dict():
    """Newest first, before the built-in shapes; others are left to these."""
    chat = {"object": "chat.completion"}
    built_in = extractor_for(chat)
    register_extractor(lambda value: "mine" in value, first)
    register_extractor(lambda value: value.get("mine") == 2, second)

    assert first is extractor_for({"mine": 1})
    assert second is extractor_for({"mine": 2})
    assert first is extractor_for({**chat, "mine": 1})
    assert built_in is extractor_for(chat)
    assert extractor_for({}) is None


def test_c1_predicates_are_asked_only_for_types_that_nobody_registered():
    """They may match any other object; what has a class of its own is never shown to them."""
    seen: list[Any] = []
    register_extractor(seen.append, first)
    register_extractor(Base, second)

    assert second is extractor_for(Base())
    assert extractor_for("text") is None
    assert ["text"] == seen


def test_c1_predicates_for_chunks():
    """A predicate chooses the extractor of a stream of dicts; without one, the built-in formats do."""

    class Mine:
        def feed(self, _chunk: Any, /) -> bool:
            return True

        def result(self) -> None:
            return None

    is_mine = register_stream_extractor(lambda chunk: "mine" in chunk, Mine)

    assert Mine is is_mine is stream_extractor_for({"mine": 1})
    assert DictStream is stream_extractor_for({"type": "response.created"})


def test_d3_a_predicate_that_raises_does_not_match(caplog):
    """It is reported once, by name and without the dict; on what is no dict, only at debug level."""

    def broken(value: Any) -> bool:
        return bool(value["secret"])

    register_extractor(broken, first)

    with caplog.at_level(logging.DEBUG, "ldtrack"):
        assert [None] * 3 == [extractor_for(value) for value in ({"a": "s3cret"}, {}, "text")]
    assert [logging.WARNING, logging.DEBUG, logging.DEBUG] == [record.levelno for record in caplog.records]
    assert "broken failed on a dict (KeyError at " in caplog.records[0].getMessage()
    assert "s3cret" not in caplog.text


def test_c2_registering_invalidates():
    """A miss is remembered only until the next registration, and so is a hit after it is taken back."""
    assert extractor_for(Derived) is None
    register_extractor(Base, first)
    assert first is extractor_for(Derived)
    _registry.unregister(Base)
    assert extractor_for(Derived) is None
    _registry.unregister(Base)


def test_c2_answers_are_remembered(monkeypatch):
    """A hit and a miss are worked out once per class."""
    register_extractor(Base, first)
    found = (extractor_for(Derived()), extractor_for(Box()))
    monkeypatch.setattr(_registry._tables["response"], "_best", None)

    assert (first, None) == found == (extractor_for(Derived()), extractor_for(Box()))


def test_c2_classes_are_not_kept_alive():
    """A class that was only looked up can be collected."""
    cls = type("Passing", (), {})
    assert extractor_for(cls()) is None
    gone = weakref.ref(cls)
    del cls
    gc.collect()

    assert gone() is None


def test_c2_threads_never_see_a_stale_miss_after_registering():
    """Look-ups in other threads race with registrations; once one is made, every look-up sees it."""
    classes = [type(f"Response{number}", (), {}) for number in range(200)]
    stopped = threading.Event()

    def look_up() -> None:
        while not stopped.is_set():
            for cls in classes:
                extractor_for(cls)

    threads = [threading.Thread(target=look_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for cls in classes:
            register_extractor(cls, first)
            assert first is extractor_for(cls)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


def test_c4_looking_up_imports_no_sdk():
    """A registration by name, and a look-up by class or annotation, import nothing of a provider's."""
    code = """
import sys
from ldtrack import extractor_for, register_extractor, registered
from ldtrack._registry import find_for_annotation
register_extractor("anthropic.types.Message", lambda message: None)
extractor_for({"object": "chat.completion"}), registered(), find_for_annotation("ChatCompletion")
sdks = {"openai", "anthropic", "httpx", "httpx2", "ldai_openai"} & set(sys.modules)
assert not sdks, sdks
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_c5_registered_lists_everything_and_the_users_first():
    """Each registration tells its key, kind, extractor and source, and prints well."""
    register_extractor(Base, first)
    mine, *others = registered()
    by_name = {(one.kind, one.name): one for one in others}

    assert (Base, "response", first, "user", 3) == (mine.key, mine.kind, mine.extractor, mine.source, mine.tier)
    assert f"<Registration response {HERE}.Base with {HERE}.first (user)>" == repr(mine)
    assert "built-in" == by_name["chunk", "openai.Response*Event"].source
    assert "tokens from ldai_openai if installed" in repr(by_name["response", "openai.ChatCompletion"])
    manager = by_name["manager", "anthropic.MessageStreamManager"]
    assert "<Registration manager anthropic.MessageStreamManager (built-in)>" == repr(manager)
    assert "ldtrack.extractors.plain.is_chat" in {one.name for one in others}
    assert Mapping in {one.key for one in others}


def test_c5_asking_for_a_dict_needs_the_dict():
    """The type alone does not tell; an object does."""
    assert extractor_for(dict) is None
    assert extractor_for({"object": "response"}) is not None


ANNOTATIONS = [
    (ChatCompletion, "openai.ChatCompletion"),
    (ParsedChatCompletion[int], "openai.ChatCompletion"),
    ("ImagesResponse", "openai.ImagesResponse"),
    ("types.ImagesResponse", "openai.ImagesResponse"),
    ("openai.types.chat.ChatCompletion", "openai.ChatCompletion"),
    ("Wrapper[ChatCompletion]", None),
    ("ImagesResponse[City]", "openai.ImagesResponse"),
    ("openai.types.responses.Response", "openai.Response"),
    (Message, "anthropic.Message"),
    ("anthropic.types.Message", "anthropic.Message"),
    ("ChatCompletion", None),
    ("Response", None),
    ("Nobody", None),
    ("", None),
    (str, None),
    (dict, None),
    (list[int], None),
    (None, None),
]


@pytest.mark.parametrize(("annotation", "expected"), ANNOTATIONS)
def test_a5_annotations(annotation, expected):
    """A class or a name in a string annotation is found, unless several classes are called so."""
    found = _registry.find_for_annotation(annotation)

    assert expected == (found and found.name)


def test_a5_annotations_of_chunks_and_of_the_users_own():
    """Chunks have a table of their own; a user's class is found by its name."""
    register_extractor(Base, first)

    assert "openai.Response*Event" == _registry.find_for_annotation("ResponseTextDeltaEvent", "chunk").name
    assert Base is _registry.find_for_annotation("Base").key


def test_f5_stream_managers():
    """What becomes a stream only when it is entered is known by name."""
    from anthropic.lib.streaming import BetaAsyncMessageStreamManager, MessageStreamManager
    from openai.lib.streaming.chat import AsyncChatCompletionStreamManager

    managers = [MessageStreamManager, BetaAsyncMessageStreamManager, AsyncChatCompletionStreamManager]

    assert all(_registry.find_manager(manager) for manager in managers)
    assert _registry.find_manager(Base) is None
