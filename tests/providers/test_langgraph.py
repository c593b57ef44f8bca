"""LangGraph and LangChain's agents: states with history, and streams of every mode (C6, E)."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ldai.tracker import TokenUsage
from ldclient import Context

from langgraph_agents import ASKED, FIRST, agent, graph, model, nested
from ldtrack import _registry, tracked
from ldtrack._metrics import read as reading
from needs import needs

core = needs("langchain_core.messages", "langchain-core")
runnables = needs("langchain_core.runnables", "langchain-core")
graph_types = needs("langgraph.types", "langgraph")
memory = needs("langgraph.checkpoint.memory", "langgraph")

pytestmark = pytest.mark.filterwarnings("ignore")

TOKENS = TokenUsage(total=35, input=30, output=5)
RUN = reading(tokens=TOKENS, tool_calls=["weather"])


def read(value: Any) -> Any:
    """Return what the registry's extractor makes of a response."""
    found = _registry.find(value)
    assert found is not None
    assert found.extractor is not None
    return found.extractor(value)


def folded(parts: Any) -> Any:
    """Return what the stream extractors make of all parts, and how many were output."""
    extractors: dict[Any, Any] = {}
    began = 0
    for part in parts:
        found = _registry.find_chunk(part)
        if found is not None and found.extractor is not None:
            if found.extractor not in extractors:
                extractors[found.extractor] = found.extractor()
            began += extractors[found.extractor].feed(part)
    (extractor,) = extractors.values()
    assert extractor.complete
    return extractor.result(), began > 0


def graph_stream() -> Any:
    """Return a stream extractor for a graph's stream."""
    found = _registry.find_chunk((core.AIMessageChunk("a"), {}))
    assert found is not None
    assert found.extractor is not None
    return found.extractor()


def test_c6_a_state_counts_the_answers_to_the_last_question():
    """A checkpointer gives all earlier turns back, with their usage."""
    talk = agent(model=model(turns=2), checkpointer=memory.InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    talk.invoke(ASKED, config)

    state = talk.invoke(ASKED, config)

    assert 8 == len(state["messages"])
    assert RUN == read(state)
    assert RUN == read(state["messages"])


def test_c6_a_state_without_an_answer_is_a_success_without_tokens():
    """Nothing was asked of a model."""
    assert reading() == read({"messages": [core.HumanMessage("hi")]})


def test_e_the_last_message_of_a_state_tells_the_outcome():
    """A filtered answer that was asked for again is none."""
    bad = core.AIMessage("", response_metadata={"finish_reason": "content_filter"})

    assert "error" == read({"messages": [core.HumanMessage("hi"), bad]}).outcome
    assert "success" == read({"messages": [core.HumanMessage("hi"), bad, core.AIMessage("hi")]}).outcome


@dataclasses.dataclass
class State:
    """A state of the user's own."""

    messages: list[Any]


def test_c6_the_output_of_version_2_is_unwrapped():
    """Its value is a dict, or whatever class the state has."""
    assert RUN == read(agent().invoke(ASKED, version="v2"))
    assert RUN == read(graph_types.GraphOutput(State(agent().invoke(ASKED)["messages"])))
    other = core.AIMessage("hi", usage_metadata=FIRST)
    assert reading(tokens=TokenUsage(total=12, input=10, output=2)) == read(graph_types.GraphOutput({"a": other}))
    assert reading() == read(graph_types.GraphOutput("text"))


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    "mode",
    [
        "messages",
        "updates",
        "values",
        "tasks",
        "debug",
        ["messages", "updates"],
        ["values", "messages", "updates", "custom", "tasks", "debug"],
    ],
)
def test_c6_every_mode_counts_each_message_once(mode, version):
    """Several modes repeat each other."""
    assert (RUN, True) == folded(agent().stream(ASKED, stream_mode=mode, version=version))


@pytest.mark.parametrize("mode", ["messages", "updates", "values", ["messages", "updates", "values"]])
def test_c6_a_graph_repeats_the_messages_of_those_inside_it(mode):
    """With the same ids: they count once."""
    assert (RUN, True) == folded(nested().stream(ASKED, stream_mode=mode, subgraphs=True))


@pytest.mark.parametrize("mode", ["messages", "updates", "values"])
def test_c6_earlier_turns_are_in_no_stream(mode):
    """The first state has them; nodes return what is new."""
    talk = agent(model=model(turns=2), checkpointer=memory.InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    talk.invoke(ASKED, config)

    assert (RUN, True) == folded(talk.stream(ASKED, config, stream_mode=mode))


def test_c6_chains_that_run_in_parallel_yield_pieces():
    """Under the name of each; usage is in the last piece."""
    both = runnables.RunnableParallel(a=model(), b=model())

    reading_of, began = folded(both.stream("hi"))

    assert (reading(tokens=TokenUsage(total=24, input=20, output=4), tool_calls=["weather"] * 2), True) == (
        reading_of,
        began,
    )


def test_c6_the_text_of_a_part_is_counted_where_it_comes_in_pieces():
    """Other modes repeat it."""
    piece, whole = core.AIMessageChunk("a"), core.AIMessage("a")
    stream = graph_stream()

    assert ["a", "a", "", ""] == [
        stream.text(part)
        for part in (("messages", (piece, {})), {"b": piece}, ("updates", {"n": {"messages": [whole]}}), (1, 2))
    ]


def test_c6_how_usage_is_asked_for_is_told_of_graphs_too():
    """As of the model alone."""
    piece = core.AIMessageChunk("a", response_metadata={"model_provider": "openai"})
    stream = graph_stream()
    before = stream.usage_option
    stream.feed((piece, {}))

    assert (None, "stream_usage=True") == (before, stream.usage_option)


def test_c6_a_node_may_return_a_message_alone():
    """Where LangGraph takes a list, it takes a message too."""
    message = core.AIMessage("hi", usage_metadata=FIRST)

    assert (reading(tokens=TokenUsage(total=12, input=10, output=2)), True) == folded([{"node": {"messages": message}}])


def test_c6_a_single_state_is_no_stream_of_a_graph():
    """A generator that yields what an agent returned."""
    assert RUN == folded([agent().invoke(ASKED)])[0]


def test_c6_parts_without_messages_are_nothing():
    """What a node writes to the stream itself is the user's, and checkpoints repeat the state."""
    parts = [("messages", (core.AIMessageChunk("a"), {})), ("custom", {"a": 1}), ("checkpoints", {}), ("updates", None)]

    assert (reading(), True) == folded(parts)


def test_c6_other_tuples_and_dicts_are_no_parts_of_a_graph():
    """They stay what they were."""
    others = [("a", "b"), ((), "a"), ("messages",), (1, 2, 3), {"a": {"b": {"c": {"d": {"e": core.AIMessage("")}}}}}]

    assert [None] * 5 == [_registry.find_chunk(other) for other in others]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """LangChain's agents run on asyncio only."""
    return "asyncio"


@pytest.mark.anyio
async def test_c6_agents_are_recorded_sync_and_async(local):
    """Whole runs, streams and events."""
    track = tracked("assistant", client=local.client, context=Context.create("ada"))

    track(lambda: agent().invoke(ASKED))()
    await track(lambda: agent().ainvoke(ASKED))()
    list(track(lambda: agent().stream(ASKED, stream_mode=["messages", "values"]))())
    async for _ in track(lambda: agent().astream(ASKED, stream_mode="messages"))():
        pass
    async for _ in track(lambda: agent().astream_events(ASKED, version="v2"))():
        pass

    assert [("success", 30, 5, 35, ["weather"])] * 5 == [
        (run.outcome, run.input_tokens, run.output_tokens, run.total_tokens, run.tool_calls) for run in local.runs()
    ]


def critics() -> Any:
    """Return a graph in which one node speaks for the human."""
    said = model()

    def first(state: Any) -> Any:
        return {"messages": [said.invoke(state["messages"]), core.HumanMessage("Are you sure?")]}

    def second(state: Any) -> Any:
        return {"messages": [said.invoke(state["messages"])]}

    builder = graph.StateGraph(graph.MessagesState)
    builder.add_node("first", first)
    builder.add_node("second", second)
    builder.add_edge(graph.START, "first")
    builder.add_edge("first", "second")
    return builder.compile()


def test_c6_whatever_comes_after_the_first_state_is_new():
    """Also an answer that is followed by what a node says in a human's name."""
    before = [core.HumanMessage("hi"), core.AIMessage("hi", usage_metadata=FIRST)]
    asked = {"messages": [*before, core.HumanMessage("How is the weather?")]}

    assert (RUN, True) == folded(critics().stream(asked, stream_mode="values"))
