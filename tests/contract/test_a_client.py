"""A3, A6: which client, and delivery through it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ldtrack import (
    ConfigurationError,
    LdtrackError,
    aflush,
    configure,
    flush,
    shutdown,
    tracked,
)
from support import KEY, USER, Reply, only_run


def test_a3_no_client_says_what_to_add() -> None:
    """Without a client, the error says the line to add, and is one of ours."""
    with pytest.raises(ConfigurationError, match="configure\\(") as caught:
        tracked(KEY, context=USER)(lambda: Reply())()
    assert isinstance(caught.value, LdtrackError)


def test_a3_factory_is_called_once(ld: Any) -> None:
    """A factory is called on first use, once, also from many threads."""
    made: list[int] = []

    def factory() -> Any:
        made.append(1)
        return ld.client

    configure(client=factory, context=USER)
    assert [] == made
    answer = tracked(KEY)(lambda: Reply())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: answer(), range(40)))
    assert [1] == made
    assert 40 == len(ld.runs())


@pytest.mark.parametrize("factory", [lambda: 1 / 0, lambda: None, lambda: "client"], ids=["raises", "None", "text"])
def test_a3_factory_that_fails(ld: Any, factory: Any) -> None:
    """A factory that raises, or makes something else, is a ConfigurationError that says so."""
    configure(client=factory, context=USER)

    with pytest.raises(ConfigurationError):
        tracked(KEY)(lambda: Reply())()


def test_a3_singleton_of_the_app(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a configured client, the singleton that the app set is used."""
    script = """
        import ldclient, ldtrack
        from ldclient.config import Config
        from ldclient.integrations.test_data import TestData
        data = TestData.data_source()
        data.update(data.flag("chat").variations({"_ldMeta": {"enabled": True}}).variation_for_all(0))
        ldclient.set_config(Config("sdk-key", update_processor_class=data, send_events=False))
        told = []
        ldtrack.configure(context=ldclient.Context.create("u"), on_finish=told.append)
        assert 1 == ldtrack.tracked("chat")(lambda: 1)()
        print(told[0].outcome)
        ldclient.get().close()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60)
    assert ("success\n", 0) == (done.stdout, done.returncode)


def test_a1_client_option(ld: Any) -> None:
    """`client=` of the decorator wins over the configured one."""
    from ldtrack.local import LocalLaunchDarkly
    from support import CONFIGS

    with LocalLaunchDarkly(CONFIGS) as other:
        tracked(KEY, client=other.client)(lambda: Reply())()
        assert "success" == only_run(other).outcome
    assert [] == ld.runs()


@pytest.mark.anyio
async def test_a6_flush_shutdown(ld: Any) -> None:
    """`flush` and `aflush` return a bool, `shutdown` may be called twice, also without a client."""
    tracked(KEY)(lambda: Reply())()
    assert True is flush(5)
    assert True is await aflush(5)
    shutdown()
    shutdown()


def test_a6_without_a_client() -> None:
    """With nothing to deliver, flushing and shutting down is harmless."""
    assert flush(1) in (True, False)
    shutdown()
