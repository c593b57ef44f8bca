"""H1: the SDK's own client evaluates local configs as it does LaunchDarkly's."""

from __future__ import annotations

import gc
import socket
import threading
import weakref

import pytest
from ldai.client import LDAIClient
from ldclient import Context, LDClient
from ldclient.interfaces import DataSourceState

import ldtrack
from ldtrack.local import LocalLaunchDarkly

ANN = Context.create("ann")
TWO = {"brief": {"model": {"name": "gpt-4o-mini"}}, "thorough": {"model": {"name": "gpt-4.1"}}}


def test_h1_the_client_is_real_and_ready_at_once_without_network(serve, monkeypatch):
    """The SDK's client is initialised with no socket opened and no thread started."""

    def no_network(*_args, **_kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_network)
    before = threading.active_count()
    client = serve({"support-chat": TWO["brief"]}).client

    assert type(client) is LDClient
    assert client.is_initialized()
    assert DataSourceState.VALID == client.data_source_status_provider.status.state
    assert before == threading.active_count()


def test_h1_percentage_rollouts_split_contexts_as_asked(serve, variation_for):
    """Of a thousand users about as many get each variation as the percentages say."""
    local = serve({"support-chat": {"variations": TWO, "rollout": {"brief": 70, "thorough": 30}}})

    brief = sum("brief" == variation_for(local, Context.create(f"user-{n}")) for n in range(1000))

    assert 650 < brief < 750


def test_h1_percentage_rollouts_are_the_same_everywhere(serve, variation_for):
    """The same user gets the same variation from another client with the same percentages."""
    config = {"support-chat": {"variations": TWO, "rollout": {"brief": 33.333, "thorough": 66.667}}}
    users = [Context.create(f"user-{n}") for n in range(100)]
    first, second = ([variation_for(serve(config), user) for user in users] for _ in range(2))

    assert first == second
    assert {"brief", "thorough"} == set(first)
    assert ["brief", "brief", "thorough", "brief"] == first[:4]  # nor does another process change it


TARGETED = {
    "variations": {**TWO, "formal": {"model": {"name": "gpt-4o"}}},
    "targets": {"brief": ["ann", "bob"]},
    "rules": [
        {"attribute": "plan", "in": ["pro", "team"], "variation": "thorough"},
        {"attribute": "/address/country", "in": ["DE"], "variation": "thorough", "contextKind": "organization"},
    ],
    "default": "formal",
}
GERMAN = Context.builder("acme").kind("organization").set("address", {"country": "DE"}).build()
CONTEXTS = [
    pytest.param(Context.create("bob"), "brief", id="target"),
    pytest.param(Context.builder("ann").set("plan", "pro").build(), "brief", id="target before rule"),
    pytest.param(Context.builder("eve").set("plan", "team").build(), "thorough", id="rule"),
    pytest.param(Context.builder("eve").set("plan", "free").build(), "formal", id="no rule"),
    pytest.param(Context.create("eve"), "formal", id="no attribute"),
    pytest.param(GERMAN, "thorough", id="kind"),
    pytest.param(Context.create_multi(Context.create("eve"), GERMAN), "thorough", id="multi-context"),
    pytest.param(Context.builder("acme").kind("organization").set("plan", "pro").build(), "formal", id="other kind"),
    pytest.param(Context.create("ann", "organization"), "formal", id="targets are users"),
]


@pytest.mark.parametrize(("context", "expected"), CONTEXTS)
def test_h1_targets_then_rules_then_the_default(serve, variation_for, context, expected):
    """Targets name users; rules ask an attribute of a context of their kind, which is user unless they say so."""
    assert expected == variation_for(serve({"support-chat": TARGETED}), context)


def test_h1_rules_come_before_a_rollout(serve, variation_for):
    """Only contexts that no rule matches take part in the rollout."""
    rule = {"attribute": "key", "in": ["ann"], "variation": "thorough"}
    local = serve({"support-chat": {"variations": TWO, "rules": [rule], "rollout": {"brief": 100, "thorough": 0}}})

    assert "thorough" == variation_for(local, ANN)
    assert "brief" == variation_for(local, Context.create("bob"))


def test_h1_template_variables_are_filled_in(serve):
    """Variables and the context's attributes reach messages and instructions."""
    text = "Answer {{name}} of {{ldctx.key}}."
    local = serve({"chat": {"messages": [{"role": "system", "content": text}]}, "agent": {"instructions": text}})
    ai = LDAIClient(local.client)

    completion = ai.completion_config("chat", ANN, variables={"name": "Bob"})
    agent = ai.agent_config("agent", ANN, variables={"name": "Bob"})

    assert "Answer Bob of ann." == completion.messages[0].content == agent.instructions


def test_h1_all_parts_of_a_variation_reach_the_config(serve):
    """Model, parameters, provider and judges are those of the variation."""
    local = serve(
        {
            "support-chat": {
                "model": {"name": "gpt-4o", "parameters": {"temperature": 0.2}, "custom": {"team": "a"}},
                "provider": {"name": "openai"},
                "tools": {"search": {"name": "search", "type": "function"}},
                "judgeConfiguration": {"judges": [{"key": "relevance", "samplingRate": 0.5}]},
            }
        }
    )

    config = LDAIClient(local.client).completion_config("support-chat", ANN)

    assert config.enabled
    assert ("gpt-4o", 0.2, "a") == (
        config.model.name,
        config.model.get_parameter("temperature"),
        config.model.get_custom("team"),
    )
    assert "openai" == config.provider.name
    assert [("relevance", 0.5)] == [(judge.key, judge.sampling_rate) for judge in config.judge_configuration.judges]
    assert "search" == local.client.variation("support-chat", ANN, None)["tools"]["search"]["name"]


def test_h1_judge_configs(serve):
    """A config in judge mode is evaluated as one."""
    local = serve(
        {
            "relevance": {
                "_ldMeta": {"mode": "judge"},
                "model": {"name": "gpt-4o"},
                "messages": [{"role": "system", "content": "Score it."}],
                "evaluationMetricKey": "$ld:ai:judge:relevance",
            }
        }
    )

    judge = LDAIClient(local.client).judge_config("relevance", ANN)

    assert judge.enabled
    assert "$ld:ai:judge:relevance" == judge.evaluation_metric_key


def test_h1_disabled_and_unknown_configs_are_told_apart(serve):
    """A disabled config has a variation; an unknown one gets the SDK's default."""
    local = serve({"off": {"_ldMeta": {"enabled": False}, "model": {"name": "gpt-4o"}}})
    ai = LDAIClient(local.client)

    assert ("gpt-4o", False) == (ai.completion_config("off", ANN).model.name, ai.completion_config("off", ANN).enabled)
    assert ai.completion_config("unknown", ANN).model is None


def versions(local):
    """Give the version of every flag."""
    flags = local.client.all_flags_state(ANN).to_json_dict()["$flagsState"]
    return {key: flag["version"] for key, flag in flags.items()}


def test_h1_configs_change_at_run_time(local, variation_for):
    """`set` changes and adds configs; each change is a new version of the flag."""
    local.set("support-chat", {"variations": TWO, "default": "thorough"})
    local.set("new", TWO["brief"])

    assert "thorough" == variation_for(local, ANN)
    assert "default" == variation_for(local, ANN, "new")
    assert {"support-chat": 2, "new": 1} == versions(local)


def test_h1_configs_are_removed_and_come_back(local, variation_for):
    """A removed config is unknown to the SDK until it is set again, with a later version."""
    local.remove("support-chat")
    assert "nothing" == local.client.variation("support-chat", ANN, "nothing")

    local.set("support-chat", TWO["brief"])
    assert "default" == variation_for(local, ANN)
    assert {"support-chat": 3} == versions(local)


def test_h1_removing_what_is_not_there_names_what_is(local):
    """Removing an unknown config raises an error that lists the known ones."""
    with pytest.raises(KeyError, match=r"no AI config 'suport-chat'; there are \['support-chat'\]"):
        local.remove("suport-chat")


def test_h1_the_sdk_tells_its_listeners_of_changes(local):
    """The SDK's flag listeners hear of configs that are set and removed."""
    heard = []
    changed = threading.Event()

    def listen(change):
        heard.append(change.key)
        changed.set()

    local.client.flag_tracker.add_listener(listen)
    local.set("new", TWO["brief"])

    assert changed.wait(5)
    assert ["new"] == heard


def test_h1_a_client_started_again_after_a_fork_is_served_what_is_set_by_then(local, variation_for):
    """`postfork` starts the SDK anew, with the configs of that moment, and events go on being recorded."""
    local.set("new", TWO["brief"])
    local.client.postfork()
    local.client.track("after", ANN)

    assert local.client.is_initialized()
    assert ["default", "default"] == [variation_for(local, ANN, key) for key in ("support-chat", "new")]
    assert ["after"] == [event.key for event in local.events]


@pytest.mark.parametrize(
    ("configs", "words"),
    [
        ({}, "was not found: the local LaunchDarkly has no AI configs: give it some, in pytest with a fixture"),
        ({"b": TWO["brief"], "a": TWO["brief"]}, "was not found: the local LaunchDarkly has only 'a', 'b'"),
        (
            {"new": {"_ldMeta": {"enabled": False}}},
            "is switched off for this context: enable it in the configs of the local",
        ),
    ],
)
def test_h1_errors_say_where_to_look(serve, configs, words):
    """LaunchDarkly's own pages have nothing to do with it."""
    local = serve(configs)
    with pytest.raises(ldtrack.ConfigDisabledError) as caught:
        ldtrack.tracked("new", client=local.client, context=ANN)(lambda: None)()
    assert words in caught.value.reason


def test_h1_a_client_that_nobody_has_any_more_goes():
    """Also one that a listener of its own refers to."""
    local = LocalLaunchDarkly({"a": TWO["brief"]})
    local.client.flag_tracker.add_listener(lambda _change, client=local.client: client)
    gone = weakref.ref(local.client)
    local.close()
    del local
    gc.collect()
    assert gone() is None
