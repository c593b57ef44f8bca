"""B5: the warning of tokens that nobody can read names what was missed, and the cure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contract.helpers import warnings_of
from ldtrack import register_extractor, register_stream_extractor, tracked
from support import KEY, ChunkReader, read_reply

TOP = __name__.partition(".")[0]


class Answer:
    """A response, or a chunk, that nobody registered."""


@tracked(KEY)
def whole() -> Any:
    """Return it."""
    return Answer()


@tracked(KEY)
def streamed() -> Iterator[Any]:
    """Yield it."""
    yield Answer()


@pytest.mark.parametrize("streamed", [False, True])
def test_b5_values_of_pythons_own_types_need_another_cure(
    ld: Any, streamed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """To register `str` would be to read every text that any call returns."""

    def plain() -> str:
        return "text"

    def stream() -> Iterator[str]:
        yield "text"

    list(tracked(KEY)(stream if streamed else plain)())
    (warning,) = warnings_of(caplog)
    own = (
        "Return the provider's own response",
        "Yield the provider's own chunks or read them inside with `track_stream()`",
    )
    assert f"{own[streamed]}, give an `extractor=`, or register one with a predicate, or report them" in warning
    assert "@register" not in warning


def test_c1_an_extractor_that_was_taken_for_a_key(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """`@register_extractor` without what it reads registers nothing; the first look-up that fails says so."""

    @register_extractor
    def forgetful(response: Any) -> Any:
        return None

    @register_extractor(lambda response: False)
    def careful(response: Any) -> Any:
        return None

    whole()
    (warning,) = warnings_of(caplog)
    assert "forgetful was registered without what it reads: write it as in `@register_extractor(Reply)`" in warning
    assert "careful" not in warning
    assert callable(forgetful)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (f"{TOP}.Anwser", True),
        (f"{__name__}.Answers", True),
        ("elsewhere.Answer", True),
        (f"{TOP}.Question", False),
        ("elsewhere.Anwser", False),
    ],
)
def test_c1_a_dotted_name_that_may_be_misspelt(ld: Any, name: str, told: bool, caplog: Any) -> None:
    """A name that nearly is the class's, or is it below another package, is shown; others are not."""
    register_extractor(name, read_reply)
    register_stream_extractor(name, ChunkReader)

    whole()
    list(streamed())
    warnings = warnings_of(caplog)
    assert [told, told] == [f". {name} is registered and does not match" in warning for warning in warnings]


@pytest.mark.parametrize(
    ("register", "call", "expected"),
    [
        (lambda: register_extractor(Answer, read_reply), streamed, "Answer is registered as a response only"),
        (lambda: register_stream_extractor(Answer, ChunkReader), lambda: [whole()], "is registered as a chunk only"),
    ],
)
def test_c8_a_type_registered_for_the_other_role(ld: Any, register: Any, call: Any, expected: str, caplog: Any) -> None:
    """What is read as a response is not read as a chunk, nor the other way round."""
    register()

    list(call())
    (warning,) = warnings_of(caplog)
    assert expected in warning


def test_c8_a_factory_for_a_result_that_is_no_stream(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A stream extractor cannot read a whole response, which nobody else reads either."""

    @tracked(KEY, extractor=ChunkReader)
    def answer() -> Any:
        return Answer()

    answer()
    (warning,) = warnings_of(caplog)
    assert "`extractor=` has support.ChunkReader, which reads streams, and this result is none" in warning
