"""The command line: help, version, plans, and one clear line for each slip."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from importlib.metadata import version

import click
import pytest

from ldtrack.cli import _commands, main

SLIPS = [
    (["dmeo"], "No such command 'dmeo'"),
    (["demo", "--rpelay", "x"], "No such option"),
    (["demo", "--replay"], "'--replay' requires an argument"),
    (["explain"], "Missing argument 'MODULE:FUNCTION'"),
    (["explain", "json"], "'json' is not of the form module:function"),
    (["explain", ":loads"], "':loads' is not of the form module:function"),
    (["explain", "json:"], "'json:' is not of the form module:function"),
    (["explain", "no_such_module:f"], "importing no_such_module failed: ModuleNotFoundError"),
    (["explain", "json:no_such"], "json:no_such: module 'json' has no attribute 'no_such'"),
    (["explain", "json:loads"], "json:loads: "),
    (["explain", "app.py:answer"], "'app.py' is a path, not a module: write app:answer"),
    (["explain", "./app:answer"], "'./app' is a path, not a module: write app:answer"),
    (["explain", "src/app.py:Bot.ask"], "'src/app.py' is a path, not a module: write src.app:Bot.ask"),
]

APP = """
from ldtrack import tracked

@tracked("support-chat")
def ask(question: str) -> str: ...

class Bot:
    @tracked("bot-chat")
    async def ask(self, question: str) -> str: ...
"""


@pytest.mark.parametrize(("arguments", "line"), SLIPS)
def test_a_slip_is_one_line_and_exit_code_2(arguments, line, capsys):
    """The line says what is wrong; nothing goes to stdout."""
    assert 2 == main(arguments)

    out, err = capsys.readouterr()
    assert err.startswith("ldtrack: ")
    assert line in err
    assert 1 == err.count("\n")
    assert out == ""


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_help(arguments, capsys):
    """Without arguments the help is shown; it names the commands."""
    assert 0 == main(arguments)
    assert re.search(r"demo .*\n.*explain ", capsys.readouterr().out)


def test_version(capsys):
    """The version is that of the installed package."""
    assert 0 == main(["--version"])
    assert f"ldtrack {version('ldtrack')}\n" == capsys.readouterr().out


@pytest.mark.parametrize(("name", "key"), [("ask", "support-chat"), ("Bot.ask", "bot-chat")])
def test_a5_explain_prints_the_plan(name, key, tmp_path, monkeypatch, capsys):
    """Functions and methods of a module in the current directory are explained."""
    (tmp_path / "own_app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.delitem(sys.modules, "own_app", raising=False)

    assert 0 == main(["explain", f"own_app:{name}"])
    assert key in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "told"), [("1 / 0", "ZeroDivisionError: division by zero"), ("import sys; sys.exit(3)", "SystemExit: 3")]
)
def test_explain_of_a_module_that_fails(code, told, tmp_path, monkeypatch, capsys):
    """A module that raises or exits while it is imported is told by the exception, without a traceback."""
    (tmp_path / "failing_app.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])

    assert 2 == main(["explain", "failing_app:f"])
    assert f"ldtrack: importing failing_app failed: {told}\n" == capsys.readouterr().err


def test_ctrl_c_is_exit_code_130(monkeypatch, capsys):
    """Stopping a command by hand shows no traceback."""

    @click.command()
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_commands, "cli", stopped)

    assert 130 == main([])
    assert "" == capsys.readouterr().err.strip()


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_one_line_names_it(missing, monkeypatch, capsys):
    """Somebody who installed the bare library learns which extra the command line needs."""
    monkeypatch.delitem(sys.modules, "ldtrack.cli._commands")
    monkeypatch.setitem(sys.modules, missing, None)
    if missing == "rich":
        monkeypatch.setitem(sys.modules, "rich.console", None)

    assert 2 == main([])
    assert f"ldtrack: the command line needs {missing}: pip install 'ldtrack[cli]'\n" == capsys.readouterr().err


def test_without_the_demo_extra_one_line_names_it(monkeypatch, capsys):
    """The demo needs the provider SDKs, which the command line does not."""
    monkeypatch.delitem(sys.modules, "ldtrack.demo._show", raising=False)
    monkeypatch.setitem(sys.modules, "ldtrack.demo._run", None)
    monkeypatch.setitem(sys.modules, "openai", None)

    assert 2 == main(["demo"])
    assert re.fullmatch(r"ldtrack: the demo needs .*: pip install 'ldtrack\[demo\]'\n", capsys.readouterr().err)


def test_python_m_ldtrack_is_the_command_line():
    """`python -m ldtrack` does what `ldtrack` does."""
    ran = subprocess.run([sys.executable, "-m", "ldtrack", "--version"], capture_output=True, text=True, check=True)

    assert "ldtrack " in ran.stdout


def test_other_missing_modules_are_not_blamed_on_the_extra(monkeypatch):
    """Only what the extra brings is missing because of the extra."""
    monkeypatch.delitem(sys.modules, "ldtrack.cli._commands")
    monkeypatch.setitem(sys.modules, "importlib.metadata", None)

    with pytest.raises(ModuleNotFoundError, match=r"importlib\.metadata"):
        main([])


def test_a_narrow_encoding_does_not_break_the_output(monkeypatch):
    """A terminal that knows ASCII only sees question marks instead of a traceback."""
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    main(["--version"])
    print("▁█", file=stdout, flush=True)

    assert stdout.buffer.getvalue().endswith(b"??\n")


def test_output_into_memory_needs_no_encoding(monkeypatch):
    """An application that calls the command line may catch its output as it likes."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())

    assert 0 == main(["--version"])
    assert "ldtrack " in sys.stdout.getvalue()
