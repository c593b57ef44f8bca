"""LangChain: messages and results, whichever backend's words they have (C6, E)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage
from ldclient import Context

from ldtrack import _registry, configure, tracked
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from ldtrack.extractors import _official
from needs import needs

core = needs("langchain_core.messages", "langchain-core")
outputs = needs("langchain_core.outputs", "langchain-core")
openai = needs("langchain_openai", "langchain-openai")

USAGE = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
TOKENS = TokenUsage(total=15, input=10, output=5)
CALL = {"name": "weather", "args": {"city": "Oslo"}, "id": "1"}
MASKED = {"guardrail": {"outputAssessments": {"a": [{"pii": [{"action": "ANONYMIZED"}]}]}}}
REFUSAL = [{"type": "refusal", "refusal": "no"}]


def read(value: Any) -> Any:
    """Return what the registry's extractor makes of a response."""
    found = _registry.find(value)
    assert found is not None
    assert found.extractor is not None
    return found.extractor(value)


def ai(content: Any = "hi", **changes: Any) -> Any:
    """Return a model's message."""
    return core.AIMessage(content, **{"usage_metadata": USAGE, **changes})


@pytest.fixture(params=["theirs", "ours"])
def tier(request, monkeypatch):
    """With LaunchDarkly's own package for LangChain, and as if it was not installed."""
    if request.param == "ours":
        monkeypatch.setattr(_official, "load", lambda _package: None)


@pytest.mark.usefixtures("tier")
def test_c6_a_message_tells_tokens_and_calls_also_the_unparsable_ones():
    """Names come in order, those of calls with arguments that are no JSON last."""
    bad = {"name": "broken", "args": "{", "id": "2", "error": "no JSON"}

    assert reading(tokens=TOKENS, tool_calls=["weather", "broken"]) == read(
        ai(tool_calls=[CALL], invalid_tool_calls=[bad])
    )


@pytest.mark.usefixtures("tier")
@pytest.mark.parametrize(
    "metadata",
    [
        {"token_usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}},
        {"tokenUsage": {"promptTokens": 10, "completionTokens": 5, "totalTokens": 15}},
        {"usage": {"input_tokens": 10, "output_tokens": 5}},
    ],
)
def test_c6_tokens_are_found_in_the_backends_own_words_where_nobody_translated_them(metadata):
    """Older packages leave the usage to the metadata."""
    assert reading(tokens=TOKENS) == read(ai(usage_metadata=None, response_metadata=metadata))


@pytest.mark.usefixtures("tier")
def test_c6_a_message_without_any_usage_has_no_tokens():
    """It is a success all the same."""
    assert reading() == read(ai(usage_metadata=None))


@pytest.mark.usefixtures("tier")
def test_c6_without_the_prompts_tokens_there_is_no_total():
    """Anthropic's package says 0 in streams: the output's count is not the total."""
    usage = {"input_tokens": 0, "output_tokens": 5, "total_tokens": 5}

    assert reading(tokens=TokenUsage(total=0, input=0, output=5)) == read(ai(usage_metadata=usage))


@pytest.mark.usefixtures("tier")
@pytest.mark.parametrize(
    ("metadata", "outcome"),
    [
        ({"finish_reason": "stop"}, "success"),
        ({"finish_reason": "length"}, "success"),
        ({"finish_reason": "content_filter"}, "error"),
        ({"finish_reason": "error"}, "error"),
        ({"finish_reason": "SAFETY"}, "error"),
        ({"finish_reason": "MAX_TOKENS"}, "success"),
        ({"prompt_feedback": {"block_reason": "SAFETY"}}, "error"),
        ({"prompt_feedback": {"block_reason": None}, "finish_reason": "STOP"}, "success"),
        ({"stop_reason": "refusal"}, "error"),
        ({"stop_reason": "end_turn"}, "success"),
        ({"stopReason": "content_filtered"}, "error"),
        ({"stopReason": "guardrail_intervened"}, "error"),
        ({"stopReason": "guardrail_intervened", "trace": MASKED}, "success"),
        ({"status": "completed"}, "success"),
        ({"status": "failed"}, "error"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "error"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "success"),
        ({"status": "queued"}, None),
        ({"done_reason": "stop"}, "success"),
    ],
)
def test_e_every_backends_word_for_how_it_ended_counts(metadata, outcome):
    """No exception tells of any of these."""
    assert reading(outcome, TOKENS) == read(ai(response_metadata=metadata))


@pytest.mark.parametrize("changes", [{"additional_kwargs": {"refusal": "no"}}, {"content": REFUSAL}])
def test_e_a_refusal_is_a_success_unless_configured_otherwise(changes):
    """Chat completions and the Responses API keep the text in different places."""
    refused = ai(**changes)
    before = read(refused)
    configure(model_refusal="error")

    assert ("success", "error") == (before.outcome, read(refused).outcome)


def test_c6_results_count_the_first_candidate_of_each_prompt():
    """Each candidate repeats the usage of all."""
    prompt = [outputs.ChatGeneration(message=ai(tool_calls=[CALL])), outputs.ChatGeneration(message=ai())]
    expected = reading(tokens=TokenUsage(total=30, input=20, output=10), tool_calls=["weather", "weather"])

    assert expected == read(outputs.LLMResult(generations=[prompt, prompt]))
    assert reading(tokens=TOKENS, tool_calls=["weather"]) == read(outputs.ChatResult(generations=prompt))


def test_c6_a_result_fails_if_all_candidates_of_a_prompt_do():
    """One usable candidate is an answer."""
    bad = outputs.ChatGeneration(message=ai(response_metadata={"finish_reason": "content_filter"}))
    good = outputs.ChatGeneration(message=ai())

    assert "success" == read(outputs.ChatResult(generations=[bad, good])).outcome
    assert "error" == read(outputs.LLMResult(generations=[[good], [bad]])).outcome


def test_c6_a_text_models_result_has_its_usage_beside_the_texts():
    """Its generations are no messages."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    result = outputs.LLMResult(generations=[[outputs.Generation(text="hi")]], llm_output={"token_usage": usage})

    assert reading(tokens=TOKENS) == read(result)
    assert reading() == read(outputs.LLMResult(generations=[]))


def test_c6_a_batch_adds_up_and_fails_with_any():
    """`batch` returns a list of messages."""
    bad = ai(response_metadata={"stop_reason": "refusal"})

    assert reading("error", TokenUsage(total=30, input=20, output=10)) == read([bad, ai()])


def test_c6_raw_beside_parsed_is_read():
    """`with_structured_output(include_raw=True)` returns a dict."""
    parsed = {"raw": ai(tool_calls=[CALL]), "parsed": None, "parsing_error": ValueError()}

    assert reading("error", TOKENS, ["weather"]) == read(parsed)


def test_c6_parallel_chains_add_up():
    """`RunnableParallel` returns a dict of messages and whatever else."""
    assert reading(tokens=TokenUsage(total=30, input=20, output=10)) == read({"a": ai(), "b": "text", "c": ai()})


ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "m",
    "created": 1,
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """LangChain's async clients run on asyncio only."""
    return "asyncio"


@pytest.mark.anyio
async def test_c6_calls_are_recorded_sync_and_async(local):
    """The real package against a server."""

    @tracked("assistant", client=local.client, context=Context.create("ada"))
    def ask(model: Any) -> Any:
        return model.invoke("hi")

    @tracked("assistant", client=local.client, context=Context.create("ada"))
    async def ask_later(model: Any) -> Any:
        return await model.ainvoke("hi")

    with answering(json.dumps(ANSWER)) as url:
        model = openai.ChatOpenAI(model="m", api_key="any", base_url=url, max_retries=0)
        ask(model)
        await ask_later(model)

    assert [("success", 10, 5, 15)] * 2 == [
        (run.outcome, run.input_tokens, run.output_tokens, run.total_tokens) for run in local.runs()
    ]
