"""CrewAI: a crew's own count is that of its models' whole lives; what is recorded is that of each kickoff."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
import logging

from crewai import LLM, Agent, Crew, Task  # type: ignore[import-not-found, unused-ignore]
from crewai.crews.crew_output import CrewOutput  # type: ignore[import-not-found, unused-ignore]
from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}}
ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "By the hour."}}],
    "usage": {"prompt_tokens": 90, "completion_tokens": 5, "total_tokens": 95},
}


@tracked("bikes")
def ask(crew: Crew) -> CrewOutput:
    """Let a crew answer. That it returns a `CrewOutput` says that CrewAI's counters are to be watched."""
    return crew.kickoff()


def main() -> None:
    """Ask twice, and show what was recorded."""
    logging.getLogger("crewai").setLevel(logging.ERROR)  # it says how it estimates
    with LocalLaunchDarkly(CONFIGS) as local, answering(json.dumps(ANSWER)) as url:
        configure(client=local.client, context=Context.create("ada"))
        model = LLM(model="gpt-4o-mini", api_key="any", base_url=url)
        guide = Agent(role="Guide", goal="Help riders", backstory="You rent bikes.", llm=model)
        task = Task(description="How are bikes rented?", expected_output="A sentence", agent=guide)
        crew = Crew(agents=[guide], tasks=[task])
        for _ in range(2):
            print(f"{ask(crew).raw} The crew counts {crew.calculate_usage_metrics().prompt_tokens} tokens in.")
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
