"""B7: Typer and Celery read signatures, and see the caller's own parameters only."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
import typer
from celery import Celery
from ldai import AICompletionConfig
from typer.testing import CliRunner

from ldtrack import Run, inject, tracked
from support import KEY, Reply, only_run


def test_b7_typer_offers_the_callers_own_parameters(ld: Any) -> None:
    """An injected parameter is no option, and the command runs with it filled in."""
    app = typer.Typer()

    @app.command()
    @tracked(KEY)
    def answer(
        question: str,
        config: AICompletionConfig = inject(),
        size: Annotated[int, typer.Option(help="How many.")] = 1,
        run: Run = inject(),
    ) -> Any:
        """Answer a question."""
        typer.echo(f"{question} {size} {config.key} {run.config_key}")
        return Reply()

    runner = CliRunner()
    usage = runner.invoke(app, ["--help"]).output
    assert ("--size" in usage, "config" in usage.lower(), "--run" in usage) == (True, False, False)
    assert "Answer a question." in usage

    done = runner.invoke(app, ["why", "--size", "2"], catch_exceptions=False)
    assert (f"why 2 {KEY} {KEY}\n", 0) == (done.output, done.exit_code)
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


@pytest.mark.parametrize("bound", [False, True])
def test_b7_celery_checks_and_passes_the_callers_own_arguments(ld: Any, bound: bool) -> None:
    """A task is called with them, in either way of declaring it; Celery's check of arguments knows them."""
    app = Celery("app", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.task_always_eager = True

    if bound:

        @app.task(bind=True, name="bound")
        @tracked(KEY)
        def answer(task: Any, question: str, config: AICompletionConfig = inject()) -> Any:
            return task.name, question, config.key

        expected: Any = ("bound", "why", KEY)
    else:

        @app.task(name="plain")
        @tracked(KEY)
        def answer(question: str, config: AICompletionConfig = inject()) -> Any:
            return question, config.key

        expected = ("why", KEY)

    assert expected == answer.delay("why").get() == answer.apply(kwargs={"question": "why"}).get()
    with pytest.raises(TypeError, match="question"):
        answer.delay()
    assert ["success", "success"] == [run.outcome for run in ld.runs()]
