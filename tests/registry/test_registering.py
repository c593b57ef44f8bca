"""What can be registered, and what is refused at once (A1, C1)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics

from ldtrack import extractor_for, register_extractor, register_stream_extractor, stream_extractor_for


class Reply:
    """A response of the user's own."""


class Fold:
    """A stream extractor."""

    def feed(self, _chunk: Any, /) -> bool:
        """Take a chunk."""
        return True

    def result(self) -> LDAIMetrics | None:
        """Tell nothing."""
        return None


class Metrics(LDAIMetrics):
    """Metrics that are made from a response."""

    def __init__(self, _response: Any) -> None:
        super().__init__(success=True)


class Opaque:
    """A callable that does not tell what it takes."""

    __signature__ = "unknown"

    def __call__(self, *_anything: Any) -> Any:
        """Do anything."""


def extract(_response: Any) -> LDAIMetrics:
    """Read a response."""
    return LDAIMetrics(success=True)


def is_mine(value: Any) -> bool:
    """Tell one's own dicts."""
    return value.get("mine") is True


async def asynchronous(_value: Any) -> Any:
    """Be a coroutine function."""


def generating(_value: Any) -> Any:
    """Be a generator function."""
    yield


async def generating_later(_value: Any) -> Any:
    """Be an async generator function."""
    yield


def without_arguments() -> Any:
    """Take nothing."""


@pytest.mark.parametrize("key", [Reply, f"{__name__}.Reply", is_mine])
def test_c1_decorator_and_call_return_the_function_unchanged(key):
    """Both ways of registering give the function back."""
    assert extract is register_extractor(key)(extract)
    assert extract is register_extractor(key, extract)
    assert Fold is register_stream_extractor(key)(Fold)
    assert Fold is register_stream_extractor(key, Fold)


@pytest.mark.parametrize("extractor", [extract, partial(extract), Metrics, {}.get, Opaque()])
def test_c1_what_can_be_an_extractor(extractor):
    """Any callable of one argument as far as one can tell, and a class of metrics."""
    register_extractor(Reply, extractor)

    assert extractor is extractor_for(Reply)


@pytest.mark.parametrize("factory", [Fold, partial(Fold), Opaque()])
def test_c8_what_can_be_a_factory(factory):
    """A class with the two methods, and any callable that needs no argument as far as one can tell."""
    register_stream_extractor(Reply, factory)

    assert factory is stream_extractor_for(Reply)


@pytest.mark.parametrize(
    ("key", "error", "fix"),
    [
        ("", ValueError, "write it with its package, as in"),
        ("Message", ValueError, "write it with its package, as in"),
        ("anthropic..Message", ValueError, "such as 'anthropic.types.Message'"),
        ("anthropic.types.Message!", ValueError, "such as 'anthropic.types.Message'"),
        (42, TypeError, "a class, a dotted name, or a predicate"),
        (None, TypeError, "a class, a dotted name, or a predicate"),
        (list[int], TypeError, "register <class 'list'>"),
        ([Reply, Fold], TypeError, "one key at a time"),
        (Reply | None, TypeError, r"each of its members, [\w.]+Reply$"),
        (asynchronous, TypeError, "neither async nor a generator"),
        (generating, TypeError, "neither async nor a generator"),
        (without_arguments, TypeError, "cannot be called with 1 argument(:|$)"),
        (extract, TypeError, "name its response first, as in @register_extractor"),
        (Fold, TypeError, "Fold looks like an extractor: name what it reads first"),
        (Metrics, TypeError, "Metrics looks like an extractor: name what it reads first"),
    ],
)
@pytest.mark.parametrize("register", [register_extractor, register_stream_extractor])
def test_a1_wrong_keys(register, key, error, fix):
    """A key that cannot match anything, or would match everything, is refused with the fix."""
    with pytest.raises(error, match=fix):
        register(key)


@pytest.mark.parametrize(
    ("extractor", "fix"),
    [
        (42, "takes the response and returns LDAIMetrics or None, not 42"),
        (Reply, "the key comes first, then a function of the response"),
        (Fold, "use register_stream_extractor"),
        (Fold(), "give its class to register_stream_extractor"),
        (lambda: Fold(), "argument: use register_stream_extractor for what makes"),
        (lambda _a, _b: None, r"cannot be called with 1 argument$"),
        (asynchronous, "neither async nor a generator"),
        (generating, "neither async nor a generator"),
        (generating_later, "neither async nor a generator"),
        (without_arguments, "cannot be called with 1 argument(:|$)"),
    ],
)
def test_a1_wrong_extractors(extractor, fix):
    """What cannot read a response is refused with the fix, at once or when the decorator is applied."""
    with pytest.raises(TypeError, match=fix):
        register_extractor(Reply, extractor)
    with pytest.raises(TypeError, match=fix):
        register_extractor(Reply)(extractor)


@pytest.mark.parametrize(
    ("factory", "fix"),
    [
        (42, "called without arguments for each stream, not 42"),
        (Reply, "no feed and no result method"),
        (Fold(), "give the class Fold, not an object"),
        (extract, "cannot be called with 0 arguments: use register_extractor for a function of the whole"),
        ("".join, "str.join cannot be called with 0 arguments"),
        (asynchronous, "neither async nor a generator"),
    ],
)
def test_c8_wrong_factories(factory, fix):
    """What cannot make stream extractors is refused with the fix."""
    with pytest.raises(TypeError, match=fix):
        register_stream_extractor(Reply, factory)
