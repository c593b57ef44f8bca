"""Feedback that comes later, from another request or process: a resumption token finds the run again."""

from __future__ import annotations

from ldai import AICompletionConfig
from ldclient import Context
from openai import OpenAI
from openai.types.chat import ChatCompletion

from ldtrack import Run, configure, inject, send_feedback, tracked
from ldtrack.demo import scripted_provider
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"support-chat": {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}}


token_of_answer: dict[str, str] = {}
"""Stands for a column of the table in which the application keeps its answers."""


@tracked("support-chat")
def answer(question: str, user: Context, config: AICompletionConfig = inject(), run: Run = inject()) -> ChatCompletion:
    """Give an answer, and keep the token of its run."""
    completion = OpenAI().chat.completions.create(
        model=config.model.name if config.model else "gpt-4o-mini",
        messages=[{"role": "user", "content": question}],
        user=user.key,
    )
    token_of_answer[user.key] = run.resumption_token
    return completion


def main() -> None:
    """Answer two users, take their thumbs later, and show what was recorded."""
    with scripted_provider(), LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client)
        ada, ben = Context.create("ada"), Context.create("ben")
        answer("Is a helmet included?", ada)
        answer("How do I rent a bike for a week?", ben)

        send_feedback(token_of_answer["ada"], positive=True, context=ada)
        send_feedback(token_of_answer["ben"], positive=False, context=ben)

        for run in local.runs():
            print(f"{run.context.key}: {run.outcome}, feedback {run.feedback}")
        print("satisfaction:", local.monitoring()["support-chat"].satisfaction_rating)


if __name__ == "__main__":
    main()
