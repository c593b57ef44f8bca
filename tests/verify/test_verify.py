"""`ldtrack verify`, of functions that are right and of functions that are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ldtrack.cli import main
from ldtrack.demo import scripted_provider

APP = '''
import contextlib, os, sys
from collections.abc import AsyncIterator, Iterator
from openai import AsyncOpenAI, OpenAI
from anthropic import Anthropic
from ldclient import Context, LDClient
from ldclient.config import Config
from ldtrack import configure, current_run, tracked

MESSAGES = [{"role": "user", "content": "How?"}]
USAGE = {"include_usage": True}
openai = OpenAI(max_retries=0)
configure(client=LDClient(Config("another", offline=True)), context=Context.create("theirs"))


def chat(**options):
    return openai.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, **options)


@tracked("support-chat", client=LDClient(Config("a-third", offline=True)))
def plain(question: str, user: Context, times: int = 1):
    """With a context as its argument, and a client of its own."""
    assert (question, times) == ("How?", 2)
    return chat()


@tracked("support-chat")
async def async_function():
    async with AsyncOpenAI(max_retries=0) as client:
        return await client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)


@tracked("support-chat")
def generator() -> Iterator[object]:
    yield from chat(stream=True, stream_options=USAGE)


@tracked("support-chat")
async def async_generator() -> AsyncIterator[object]:
    async with AsyncOpenAI(max_retries=0) as client:
        async for chunk in await client.chat.completions.create(
            model="gpt-4o-mini", messages=MESSAGES, stream=True, stream_options=USAGE
        ):
            yield chunk


@tracked("support-chat")
def returned_stream():
    return chat(stream=True, stream_options=USAGE)


@tracked("support-chat")
async def returned_async_stream():
    return await AsyncOpenAI(max_retries=0).chat.completions.create(
        model="gpt-4o-mini", messages=MESSAGES, stream=True, stream_options=USAGE
    )


@tracked("support-chat")
def manager():
    return Anthropic(max_retries=0).messages.stream(model="claude", max_tokens=9, messages=MESSAGES)


@tracked("support-chat")
def without_usage():
    return chat(stream=True)


@tracked("support-chat")
def swallowing():
    with contextlib.suppress(Exception):
        return chat()


@tracked("support-chat")
def twice():
    current_run().tracker.track_success()
    return chat()


@tracked("support-chat")
def own_address():
    client = OpenAI(base_url=os.environ["THE_PROVIDER"], max_retries=0)
    return client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)


@tracked("support-chat")
def told_address(address: str = os.environ.get("THE_PROVIDER", "")):
    client = OpenAI(base_url=address, max_retries=0)
    return client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)


@tracked("support-chat")
def broken():
    raise LookupError("a text that nobody must see")


@tracked("support-chat")
def ends_it():
    os._exit(3)


@tracked("support-agent", mode="agent")
def agent():
    assert current_run().config.instructions
    return chat()


class Bot:
    @tracked("support-chat")
    def ask(self, question: str):
        return chat()


bot = Bot()


def undecorated():
    pass
'''


@pytest.fixture(autouse=True)
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A module with functions in the working directory, and a provider that answers."""
    (tmp_path / "app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    with scripted_provider():
        yield


ENDED = ["✓ outcome success", "✓ duration", "✓ tokens 48 / 14 / 62 in / out / total"]
FAILED = ["✓ outcome error", "✓ duration"]
STREAMED = [*ENDED, "✓ time to first token"]
LEFT = ["✓ outcome success", "✓ duration", "✓ time to first token"]


def verified(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, list[str]]]:
    """Run the command; gives its exit code, and the lines about each call."""
    code = main(["verify", *arguments])
    return code, calls_in(capsys.readouterr().out)


def calls_in(out: str) -> dict[str, list[str]]:
    """The lines about each call."""
    calls: dict[str, list[str]] = {}
    for line in out.splitlines():
        words = " ".join(line.split())
        if words.startswith("The call "):
            calls[words.removeprefix("The call ")] = []
        elif words[:1] in ("✓", "✗", "→"):
            list(calls.values())[-1].append(words)
    return calls


def agree(expected: list[str], lines: list[str]) -> bool:
    """Whether the lines begin as expected, one by one."""
    return len(expected) == len(lines) and all(map(str.startswith, lines, expected))


@pytest.mark.parametrize(
    "call",
    [
        ["app:plain", "--arg", "How?", "--arg", "times=2"],
        ["app:async_function"],
        ["app:agent"],
        ["app:bot.ask", "--arg", "How?"],
    ],
)
def test_a_function_that_is_right(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the module configured, AI configs and events are local ones."""
    code, calls = verified(capsys, *call)
    assert ["to the end", "with an error of the provider"] == list(calls)
    assert agree(ENDED, calls["to the end"]), calls
    assert agree(FAILED, calls["with an error of the provider"]), calls
    assert 0 == code


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["generator", "async_generator", "returned_stream", "returned_async_stream", "manager"]
)
def test_a_stream_is_left_early_as_well(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In every shape in which it comes. OpenAI tells the usage at the very end, so that only one call has tokens."""
    code = main(["verify", f"app:{name}"])
    out = capsys.readouterr().out
    calls = calls_in(out)
    assert ("total 62" in " ".join(out.split())) == (name != "manager"), out
    whole = [line.replace("48 / 14 / 62", "") for line in STREAMED]
    assert agree([line.partition("  ")[0] if "tokens" in line else line for line in whole], calls["to the end"]), calls
    assert agree(FAILED, calls["with an error of the provider"]), calls
    assert agree(LEFT, calls["left early"]), calls
    assert 0 == code


def test_missing_usage_is_told_with_its_cure(capsys: pytest.CaptureFixture[str]) -> None:
    """The option of the very provider is in the warning that the call gives anyway."""
    code, calls = verified(capsys, "app:without_usage")
    missing = ["✗ tokens – / – / – in / out / total", "→ ask the provider for usage"]
    assert agree([*ENDED[:2], *missing, STREAMED[-1]], calls["to the end"]), calls
    assert 1 == code

    main(["verify", "app:without_usage"])
    assert 'ask for them with `stream_options={"include_usage": True}`' in capsys.readouterr().out


def test_an_error_that_is_swallowed(capsys: pytest.CaptureFixture[str]) -> None:
    """It would count as a success."""
    code, calls = verified(capsys, "app:swallowing")
    told = ["✗ outcome success, since the function swallowed the exception", "→ let the exception", "✓ duration"]
    assert agree(told, calls["with an error of the provider"]), calls
    assert 1 == code


def test_what_is_counted_by_hand_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    """A success was already there when the error came."""
    code, calls = verified(capsys, "app:twice")
    assert "✓ outcome success" in calls["to the end"][0]
    assert agree(["✗ outcome success", "→ it should be error, once"], calls["with an error of the provider"][:2]), calls
    assert 1 == code


def test_an_error_that_cannot_be_forced(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command says so, and how it can."""
    import os

    monkeypatch.setenv("THE_PROVIDER", os.environ["OPENAI_BASE_URL"])
    code, calls = verified(capsys, "app:own_address")
    forced = ["✗ the error was not forced", "→ the function gives its SDK an address of its own"]
    assert agree(forced, calls["with an error of the provider"]), calls
    assert 1 == code

    code, calls = verified(capsys, "app:told_address", "--address-argument", "address")
    assert agree(FAILED, calls["with an error of the provider"]), calls
    assert 0 == code

    (tmp_path / "xai_sdk.py").touch()
    (tmp_path / "app.py").write_text("import xai_sdk\n" + APP)
    _, calls = verified(capsys, "app:own_address")
    assert (
        "→ xai_sdk takes its address as an argument only: name the parameter"
        in calls["with an error of the provider"][1]
    )


def test_an_error_is_forced_behind_a_proxy(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It leads to other machines, and the failing provider is on this one."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "example.com")
    _, calls = verified(capsys, "app:async_function")
    assert agree(FAILED, calls["with an error of the provider"]), calls


def test_a_call_that_does_not_work(capsys: pytest.CaptureFixture[str]) -> None:
    """The type of its exception is told, its text is not."""
    assert 1 == main(["verify", "app:broken"])
    out = capsys.readouterr().out
    assert ("raised LookupError" in out, "the call raised LookupError before it sent" in out) == (True, True)
    assert "nobody must see" not in out


def test_a_context_that_only_the_app_can_give(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The call needs one that the module does not have; that it was made up is said."""
    (tmp_path / "app.py").write_text(APP.replace(', context=Context.create("theirs")', ""))
    code, calls = verified(capsys, "app:async_function")
    assert agree([*ENDED, "✓ context made up for this, since the module gives none"], calls["to the end"]), calls
    assert 0 == code


def test_a_scripted_provider(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No key is needed, and no network."""
    with monkeypatch.context() as without:
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            without.delenv(name)
        assert 2 == main(["verify", "app:async_function"])
        assert 0 == main(["verify", "app:async_function", "--scripted"])
    assert "importing app failed: OpenAIError" in capsys.readouterr().err


def test_configs_of_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Such as the one that the monitor serves; what is off there records nothing."""
    configs = tmp_path / "configs.yaml"
    configs.write_text(yaml.safe_dump({"support-chat": {"model": {"name": "tiny-1"}}}))
    assert 0 == main(["verify", "app:async_function", "--configs", "configs.yaml"])
    capsys.readouterr()

    configs.write_text(yaml.safe_dump({"support-chat": {"_ldMeta": {"enabled": False}}}))
    code, calls = verified(capsys, "app:async_function", "--configs", "configs.yaml")
    assert agree(
        ["✗ the call raised ConfigDisabledError", "→ AI config 'support-chat' is switched off"], calls["to the end"]
    )
    assert 1 == code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["app"], "'app' is not of the form module:function"),
        (["app:nothing"], "module 'app' has no attribute 'nothing'"),
        (["missing:nothing"], "importing missing failed: ModuleNotFoundError"),
        (["app:undecorated"], "is not decorated"),
        (["app:plain"], "missing a required argument: 'question': give each with --arg VALUE or --arg NAME=VALUE"),
        (["app:Bot.ask", "--arg", "How?"], "app.Bot.ask is a method: name it on an object of its module, such as"),
        (
            ["app:plain", "--arg", "How?", "--arg", "tims=2"],
            "there is no parameter 'tims'; did you mean 'times'? (a text",
        ),
        (
            ["app:told_address", "--address-argument", "adress"],
            "app.told_address has no parameter 'adress'; did you mean",
        ),
        (["app:async_function", "--arg", "1"], "too many positional arguments: give each with"),
        (["app:async_function", "--configs", "missing.yaml"], "missing.yaml: cannot be read"),
        (["app:ends_it"], "the process of app:ends_it ended with 3 before its call did"),
    ],
)
def test_slips(arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]) -> None:
    """One line each, and exit code 2."""
    assert 2 == main(["verify", *arguments])
    error = capfd.readouterr().err
    assert words in error
    assert 1 == error.count("\n"), error
