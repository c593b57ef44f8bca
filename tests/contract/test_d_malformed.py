"""D3: configs that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from ldai import AICompletionConfig, AICompletionConfigDefault, ModelConfig

from contract.helpers import never
from ldtrack import (
    ConfigDisabledError,
    configure,
    tracked,
)
from support import (
    CALLS,
    CONFIG,
    KEY,
    STREAMS,
    USER,
    Reply,
    whole,
)

pytestmark = pytest.mark.anyio


MALFORMED: list[Any] = [
    {**CONFIG, "model": {}},
    {**CONFIG, "model": {"parameters": {}}},
    {**CONFIG, "messages": [{"content": "no role"}]},
    {**CONFIG, "messages": [{"role": "user"}]},
    {**CONFIG, "_ldMeta": {"enabled": True, "version": "three"}},
    {**CONFIG, "_ldMeta": "on"},
    {**CONFIG, "messages": [{"role": "user", "content": "{{#unclosed}}"}]},
    [1, 2],
    "text",
    7,
]


@pytest.fixture
def malformed(request: pytest.FixtureRequest, ld: Any) -> Any:
    """A LaunchDarkly client that serves a malformed variation under the usual key."""
    ld.set(KEY, {"variations": {"malformed": request.param}}, unchecked=True)
    return ld.client


broken_configs = pytest.mark.parametrize("malformed", MALFORMED, indirect=True)


@broken_configs
async def test_d3_malformed_variation_runs_untracked(malformed: Any) -> None:
    """A function that takes nothing from ldtrack runs, in every shape, although its config cannot be read."""
    for call in CALLS:
        assert Reply() == await call(Reply())
    for shape in STREAMS:
        items = whole()
        assert items == await (await shape.open(items)).drain()


@broken_configs
def test_d3_malformed_variation_uses_the_default(malformed: Any) -> None:
    """A function that takes the config gets the enabled default, parsed as the SDK would."""
    default = AICompletionConfigDefault(enabled=True, model=ModelConfig("default-model"))

    @tracked(KEY, default=default)
    def answer(config: AICompletionConfig) -> str:
        assert config.model
        return config.model.name

    assert "default-model" == answer()


@broken_configs
def test_d3_malformed_variation_uses_the_fallback(malformed: Any) -> None:
    """Without a default, the fallback answers."""

    @tracked(KEY, fallback=lambda: "fallback")
    def answer(config: AICompletionConfig) -> str:
        return never()

    assert "fallback" == answer()


@broken_configs
def test_d3_malformed_variation_without_either(malformed: Any) -> None:
    """Without either, ConfigDisabledError says so, from the cause; strict raises, too."""

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> str:
        return never()

    with pytest.raises(ConfigDisabledError) as caught:
        answer()
    assert isinstance(caught.value.__cause__, Exception)


@broken_configs
def test_d3_malformed_variation_when_strict(malformed: Any) -> None:
    """Strict raises instead of running untracked."""
    configure(client=malformed, context=USER, strict=True)

    with pytest.raises(Exception):  # noqa: B017 -- whatever the SDK raised
        tracked(KEY)(lambda: Reply())()


class BrokenStore:
    """A feature store that raises."""

    initialized = True

    def init(self, all_data: Any) -> None:
        """Take the data."""

    def __getattr__(self, name: str) -> Any:
        def broken(*args: Any, **kwargs: Any) -> Any:
            raise OSError("the store is broken")

        return broken


def test_d3_broken_evaluation_runs_untracked(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client whose evaluation raises leaves a function that needs nothing alone."""
    monkeypatch.setattr(ld.client, "variation", BrokenStore().variation)

    @tracked(KEY)
    def answer() -> Reply:
        return Reply()

    assert Reply() == answer()
    assert [] == ld.runs()
