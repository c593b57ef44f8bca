"""Tier 2: LaunchDarkly's own package for a provider (B2)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion

from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.extractors import _official

OWN = TokenUsage(total=12, input=7, output=5)
RESPONSE = ChatCompletion.construct(
    choices=[{"finish_reason": "content_filter"}],
    usage={"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
)


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Look for the package anew."""
    _official.load.cache_clear()
    yield
    _official.load.cache_clear()


def install(monkeypatch: pytest.MonkeyPatch, extract: Any) -> None:
    """Put another release of the package in place."""
    package = ModuleType("ldai_openai")
    package.get_ai_metrics_from_response = extract
    package.__spec__ = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "ldai_openai", package)


def raising(_: Any) -> Any:
    """Fail."""
    raise AttributeError


def test_b2_the_package_supplies_the_tokens_and_we_the_outcome(monkeypatch, read):
    """It is asked where it is installed; it cannot see that the answer was filtered."""
    theirs = TokenUsage(total=5, input=3, output=2)
    install(monkeypatch, lambda _: LDAIMetrics(success=True, tokens=theirs))

    assert reading("error", theirs) == read(RESPONSE)


@pytest.mark.parametrize(
    "extract",
    [
        raising,
        lambda _: None,
        lambda _: LDAIMetrics(success=True),
        lambda _: LDAIMetrics(success=True, tokens=TokenUsage(total=12, input=0, output=0)),
        lambda _: LDAIMetrics(success=True, tokens=TokenUsage(total=12, input=13, output=-1)),
        lambda _: LDAIMetrics(success=True, tokens=TokenUsage(total=99, input=7, output=5)),
        lambda _: LDAIMetrics(success=True, tokens=TokenUsage(total=12.0, input=7.0, output=5.0)),
    ],
)
def test_b2_where_the_package_is_wrong_our_own_reading_stands(extract, monkeypatch, read):
    """What raises, knows nothing, or does not add up is not used."""
    install(monkeypatch, extract)

    assert reading("error", OWN) == read(RESPONSE)


@pytest.mark.parametrize("installed", [True, False])
def test_b2_tier_tells_whether_the_package_is_installed(installed, monkeypatch):
    """The registration names the package; without it the same type is tier 3."""
    if not installed:
        monkeypatch.setitem(sys.modules, "ldai_openai", None)
    registration = _registry.find(RESPONSE)

    assert "ldai_openai" == registration.official
    assert (2 if installed else 3) == registration.tier
    assert reading("error", OWN) == registration.extractor(RESPONSE)


def test_b2_a_package_that_cannot_be_imported_is_not_installed(monkeypatch, read):
    """An import that fails for any reason is the same as no package."""
    monkeypatch.delitem(sys.modules, "ldai_openai", raising=False)
    monkeypatch.setitem(sys.modules, "ldai", None)

    assert reading("error", OWN) == read(RESPONSE)


def test_b2_types_that_the_package_reads_wrongly_are_our_own():
    """Responses are tier 3 in any case; embeddings are tier 2."""
    assert _registry.find_for_annotation("openai.types.responses.Response").official is None
    assert 2 == _registry.find_for_annotation(CreateEmbeddingResponse).tier
