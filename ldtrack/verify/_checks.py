"""What the Monitoring tab would get, metric by metric, and how to mend what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldtrack.local import RunRecord
from ldtrack.local._events import EventKey
from ldtrack.local._runs import runs_of
from ldtrack.local._words import in_time
from ldtrack.verify._addresses import SDKS
from ldtrack.verify._answer import Answer
from ldtrack.verify._runs import Findings

_USAGE = (
    "ask the provider for usage (such as stream_options={'include_usage': True}), register an extractor for the type, "
    "or give estimate_tokens="
)
_BELOW = "; what ldtrack warned of, below, says more"


@dataclass(frozen=True)
class Check:
    """One metric: what was seen, and, where it is missing, the cure."""

    name: str
    seen: str
    cure: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.cure


def checks_of(findings: Findings) -> dict[str, list[Check]]:
    """Look at every call; by what it was."""
    found = {
        "to the end": list(_of_whole(findings.whole)),
        "with an error of the provider": list(_of_failing(findings.failing, findings.forced_errors)),
    }
    if findings.interrupted is not None:
        found["left early"] = list(_of_interrupted(findings.interrupted))
    return found


def _of_whole(answer: Answer) -> Iterator[Check]:
    if answer.raised:
        cure = answer.reason or "make the call work first: its key, its network, its arguments"
        yield Check("the call", f"raised {answer.raised}", cure)
        return
    runs = _runs(answer)
    yield from _one_run(runs)
    if len(runs) != 1:
        return
    run = runs[0]
    yield _outcome(run, "success")
    yield _duration(run)
    yield _tokens(run, _USAGE + (_BELOW if answer.warnings else ""))
    if answer.streams:
        yield _first_token(run)
    if answer.is_context_made_up:
        yield Check("context", "made up for this, since the module gives none: the app has to where it calls this")


def _of_failing(answer: Answer, forced: int) -> Iterator[Check]:
    if not forced:
        yield Check("the error", "was not forced: no request reached the failing server", _how_to_force(answer))
        return
    runs = _runs(answer)
    yield from _one_run(runs)
    if len(runs) != 1:
        return
    if runs[0].outcome == "success" and not answer.raised:
        cure = "let the exception of the provider through, or mark the run with current_run().tracker.track_error()"
        yield Check("outcome", "success, since the function swallowed the exception", cure)
    else:
        yield _outcome(runs[0], "error")
    yield _duration(runs[0])


def _of_interrupted(answer: Answer) -> Iterator[Check]:
    runs = _runs(answer)
    yield from _one_run(runs)
    if len(runs) == 1:
        yield _outcome(runs[0], None)
        yield _duration(runs[0])
        yield _first_token(runs[0])


def _one_run(runs: list[RunRecord]) -> Iterator[Check]:
    if not runs:
        yield Check("runs", "none", "the config may be off in --configs, or the call went past the decorator")
    elif len(runs) > 1:
        yield Check(
            "runs", f"{len(runs)}", "one call made several runs: decorate the outer function only, or nested='join'"
        )


def _outcome(run: RunRecord, wanted: str | None) -> Check:
    outcomes = [event.key.rpartition(":")[2] for event in run.events if event.key in (EventKey.SUCCESS, EventKey.ERROR)]
    seen = " and ".join(outcomes) or "none"
    if len(outcomes) == 1 and wanted in (None, outcomes[0]):
        return Check("outcome", seen)
    return Check("outcome", seen, f"it should be {wanted or 'one'}, once: leave out what tracks it by hand")


def _duration(run: RunRecord) -> Check:
    if run.duration_ms is None:
        return Check("duration", "none", "leave out what tracks by hand, or track the duration as well")
    return Check("duration", in_time(run.duration_ms))


def _tokens(run: RunRecord, cure: str) -> Check:
    counts = [run.input_tokens, run.output_tokens, run.total_tokens]
    seen = " / ".join("–" if count is None else f"{count:,}" for count in counts) + " in / out / total"
    # Embeddings have no output: LaunchDarkly's tracker sends no zero, and the total is that of the input.
    is_whole = all(counts) or (run.total_tokens and run.total_tokens == run.input_tokens)
    return Check("tokens", seen, "" if is_whole else cure)


def _first_token(run: RunRecord) -> Check:
    if run.time_to_first_token_ms is None:
        return Check("time to first token", "none", "the chunks show no output: register a stream extractor for them")
    return Check("time to first token", in_time(run.time_to_first_token_ms))


def _how_to_force(answer: Answer) -> str:
    by_argument = "name the parameter that takes the provider's address with --address-argument"
    without = [name for name in answer.packages if not SDKS[name]]
    if without:
        return f"{', '.join(without)} takes its address as an argument only: {by_argument}"
    if answer.raised:
        return f"the call raised {answer.raised} before it sent anything: make it work first"
    return f"the function gives its SDK an address of its own, or none of {len(SDKS)} known SDKs sent it: {by_argument}"


def _runs(answer: Answer) -> list[RunRecord]:
    return [run for run in runs_of(answer.received()) if run.config_key == answer.config_key]
