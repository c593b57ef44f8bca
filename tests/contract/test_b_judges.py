"""A4, B7: judge configs, and what judges find."""

from __future__ import annotations

from typing import Any

from ldai import AIJudgeConfig
from ldai.providers.types import JudgeResult

from ldtrack import current_run, explain, inject, tracked
from support import CONFIG

JUDGE = {"_ldMeta": CONFIG["_ldMeta"], "model": {"name": "tiny-1"}, "evaluationMetricKey": "$ld:ai:judge:relevance"}


def test_b7_mode_and_annotation_evaluate_a_judge_config(ld: Any) -> None:
    """`mode="judge"` says so, and so does the parameter."""
    ld.set("judge", JUDGE)

    @tracked("judge", mode="judge")
    def by_mode() -> str:
        return type(current_run().config).__name__

    @tracked("judge")
    def by_annotation(config: AIJudgeConfig = inject()) -> str:
        return type(config).__name__

    assert ("AIJudgeConfig", "AIJudgeConfig") == (by_mode(), by_annotation())
    assert ("judge", "judge") == (explain(by_mode).config_kind, explain(by_annotation).config_kind)


def test_a4_a_judges_result_belongs_to_the_run(ld: Any) -> None:
    """`judge_result` records the score on the run's own tracker."""
    ld.set("judge", JUDGE)
    result = JudgeResult(
        judge_config_key="judge", success=True, sampled=True, metric_key="$ld:ai:judge:relevance", score=0.75
    )

    @tracked("judge", mode="judge")
    def answer() -> None:
        current_run().judge_result(result)

    answer()
    (run,) = ld.runs()
    assert {"$ld:ai:judge:relevance": 0.75} == run.judge_scores
