"""H1: which configs are taken, how they are filled in, and what is said of those that are not."""

from __future__ import annotations

import json
import sys
from types import MappingProxyType

import pytest
from ldclient import Context

ANN = Context.create("ann")
MODEL = {"model": {"name": "gpt-4o"}}
TWO = {"brief": MODEL, "thorough": MODEL}


def test_h1_a_single_variation_needs_no_meta(serve):
    """Without `_ldMeta` a variation is enabled, has version 1, and is called default."""
    local = serve({"support-chat": MODEL})

    served = local.client.variation("support-chat", ANN, None)

    assert {"enabled": True, "variationKey": "default", "version": 1} == served["_ldMeta"]


def test_h1_given_meta_is_kept_and_completed(serve):
    """What `_ldMeta` says is served as it is; only what it leaves out is filled in."""
    local = serve({"support-chat": {**MODEL, "_ldMeta": {"enabled": False, "version": 7, "mode": "agent"}}})

    served = local.client.variation("support-chat", ANN, None)

    assert {"enabled": False, "variationKey": "default", "version": 7, "mode": "agent"} == served["_ldMeta"]


@pytest.mark.parametrize("malformed", [{"_ldMeta": None, "model": {}}, {"modle": 4}, [1, 2], "text", 7])
def test_h1_unchecked_variations_are_served_as_given(serve, malformed):
    """A variation that the SDK cannot read reaches the SDK, if asked for, so that one can test what happens then."""
    configs = {"support-chat": {"variations": {"one": malformed}}}
    local = serve(configs, unchecked=True)
    other = serve({})
    other.set("support-chat", configs["support-chat"], unchecked=True)

    for client in (local.client, other.client):
        served = client.variation("support-chat", ANN, None)
        assert malformed == {key: served[key] for key in malformed} if isinstance(malformed, dict) else served


def test_h1_other_mappings_than_dicts_are_served(serve):
    """A read-only mapping is as good as a dict, inside of a variation, too."""
    local = serve({"support-chat": MappingProxyType({"model": MappingProxyType({"name": "gpt-4o"})})})

    assert "gpt-4o" == local.client.variation("support-chat", ANN, None)["model"]["name"]


def test_h1_a_whole_variation_is_taken(serve):
    """Everything that the SDK reads is taken, and what LaunchDarkly may add to it."""
    message = {"role": "system", "content": "Be brief."}
    whole = {
        "_ldMeta": {
            "enabled": True, "version": 2, "variationKey": "v", "mode": "judge", "modelKey": "k", "modelVersion": 1,
            "tags": ["a"],
        },
        "model": {"name": "m", "parameters": {"top_p": 1}, "custom": {"any": [1]}, "region": "eu"},
        "provider": {"name": "OpenAI"},
        "messages": [message, {**message, "role": "user"}, {**message, "role": "assistant"}],
        "instructions": "Do it.",
        "tools": {"search": {"name": "search", "parameters": {}, "customParameters": {}, "version": 1}},
        "judgeConfiguration": {"judges": [{"key": "relevance", "samplingRate": 0.5}]},
        "evaluationMetricKey": "$ld:ai:judge:relevance",
        "evaluationMetricKeys": ["$ld:ai:judge:relevance"],
    }  # fmt: skip
    graph = {"root": "a", "edges": {"a": [{"key": "b", "handoff": {"why": "c"}}]}}
    local = serve({"whole": whole, "graph": graph, "empty": {"messages": [], "tools": {}}})

    assert whole == local.client.variation("whole", ANN, None)
    assert graph["edges"] == local.client.variation("graph", ANN, None)["edges"]


def test_h1_several_variations_are_called_by_their_names(serve, variation_for):
    """The name of a variation is its key, unless its `_ldMeta` has another."""
    local = serve(
        {
            "a": {"variations": TWO, "default": "thorough"},
            "b": {"variations": {"brief": {**MODEL, "_ldMeta": {"variationKey": "brief-2"}}}},
        }
    )

    assert "thorough" == variation_for(local, ANN, "a")
    assert "brief-2" == variation_for(local, ANN, "b")


def test_h1_the_first_variation_is_the_default(serve, variation_for):
    """Without rollout and default everybody gets the first variation."""
    assert "brief" == variation_for(serve({"support-chat": {"variations": TWO}}), ANN)


def test_h1_configs_are_copied(serve):
    """What the caller does to his mapping afterwards does not change what is served."""
    configs = {"support-chat": {"model": {"name": "gpt-4o"}}}
    local = serve(configs)
    configs["support-chat"]["model"]["name"] = "changed"

    assert "gpt-4o" == local.client.variation("support-chat", ANN, None)["model"]["name"]


SLIPS = [
    pytest.param(
        {"chat": {"model": {"name": "m", "custom": {"costPerInputToken": "0.000.4"}}}},
        "variation 'default': 'model': 'custom': 'costPerInputToken': must be a number, not '0.000.4'",
        id="price",
    ),
    pytest.param(["support-chat"], "the configs: must be a mapping such as .*, not list", id="configs"),
    pytest.param({7: MODEL}, "the key of an AI config is a string .*, not 7; put it in quotes", id="key"),
    pytest.param({"": MODEL}, "a string that is not empty, not ''", id="empty key"),
    pytest.param({"chat": "gpt-4o"}, "AI config 'chat': must be a mapping such as .*, not str", id="config"),
    pytest.param(
        {"chat": {**MODEL, "rollout": {"a": 100}}}, "'chat': 'rollout' needs 'variations'", id="no variations key"
    ),
    pytest.param({"chat": {"variations": {}}}, "'variations': there are none; give at least one", id="no variations"),
    pytest.param({"chat": {"variations": [MODEL]}}, "'variations': must be a mapping .*, not list", id="variations"),
    pytest.param({"chat": {"variations": {"brief": None}}}, "'brief': must be a mapping .*, not NoneType", id="null"),
    pytest.param(
        {"chat": {"variations": TWO, "rolout": {"brief": 100}}},
        "nothing reads 'rolout'; there are .*'rollout'",
        id="typo",
    ),
    pytest.param({"chat": {"model": {"when": {1, 2}}}}, "'default': holds what JSON cannot say", id="set"),
    pytest.param({"chat": {"model": {"t": float("nan")}}}, "holds what JSON cannot say .*not JSON compliant", id="nan"),
]
TARGETING_SLIPS = [
    pytest.param(
        {"default": "breif"}, "'default': there is no variation 'breif'; there are 'brief', 'th", id="default"
    ),
    pytest.param(
        {"default": "brief", "rollout": {"brief": 100}}, "'rollout' and 'default' both .*; keep one", id="both"
    ),
    pytest.param({"rollout": {"breif": 100}}, "'rollout': there is no variation 'breif'", id="rollout name"),
    pytest.param({"rollout": {"brief": 60, "thorough": 30.5}}, "add up to 90.5; they must make 100", id="sum"),
    pytest.param({"rollout": {}}, "add up to 0; they must make 100", id="empty rollout"),
    pytest.param({"rollout": [60, 40]}, "'rollout': must be a mapping such as .*, not list", id="rollout list"),
    pytest.param({"rollout": {"brief": "100"}}, "'brief' needs a percentage from 0 to 100, not '100'", id="text"),
    pytest.param({"rollout": {"brief": True}}, "'brief' needs a percentage .*, not True", id="bool"),
    pytest.param({"rollout": {"brief": -20, "thorough": 120}}, "'brief' needs a percentage .*, not -20", id="negative"),
    pytest.param({"targets": {"breif": ["ann"]}}, "'targets': there is no variation 'breif'", id="target name"),
    pytest.param({"targets": {"brief": "ann"}}, "'targets': 'brief': must be a list .*, not str", id="target text"),
    pytest.param({"targets": {"brief": []}}, "'brief': must be a list .*, not an empty list", id="target empty"),
    pytest.param({"targets": {"brief": [7]}}, "user keys are strings; put numbers in quotes", id="target number"),
    pytest.param({"targets": ["ann"]}, "'targets': must be a mapping .*, not list", id="targets"),
    pytest.param({"rules": {"attribute": "plan"}}, "'rules': must be a list such as .*, not dict", id="rules"),
    pytest.param({"rules": ["plan"]}, "rule 1: must be a mapping .*, not str", id="rule"),
    pytest.param(
        {"rules": [{"attribute": "plan", "in": ["pro"], "variation": "brief"}, {"variation": "x"}]},
        "rule 2: there is no variation 'x'",
        id="rule variation",
    ),
    pytest.param(
        {"rules": [{"in": ["pro"], "variation": "brief"}]}, "rule 1: 'attribute' must be a name", id="rule attribute"
    ),
    pytest.param(
        {"rules": [{"attribute": "plan", "in": "pro", "variation": "brief"}]},
        "rule 1: 'in': must be a list such as .*, not str",
        id="rule in",
    ),
    pytest.param(
        {"rules": [{"attribute": "plan", "in": ["pro"], "variation": "brief", "contextKind": 7}]},
        "rule 1: 'contextKind' must be a name such as 'organization', not 7",
        id="rule kind",
    ),
    pytest.param({"rules": [{"attr": "plan"}]}, "rule 1: nothing reads 'attr'; there are 'attribute'", id="rule typo"),
]


VARIATION_SLIPS = [
    ({"_ldMeta": {"enabled": "no"}}, "'_ldMeta': 'enabled': must be true or false, not 'no'"),
    ({"_ldMeta": {"enabled": 0}}, "'_ldMeta': 'enabled': must be true or false, not 0"),
    ({"_ldMeta": {"enable": False}}, "'_ldMeta': nothing reads 'enable'; .*; did you mean 'enabled'?"),
    ({"_ldMeta": {"version": "2"}}, "'_ldMeta': 'version': must be a whole number, not '2'"),
    ({"_ldMeta": {"version": True}}, "'_ldMeta': 'version': must be a whole number, not True"),
    ({"_ldMeta": {"mode": "agnet"}}, "'_ldMeta': 'mode': must be one of 'completion', 'agent', 'judge', not 'agnet'"),
    ({"_ldMeta": None}, "'_ldMeta': must be a mapping such as {'enabled': True}, not NoneType"),
    ({"enabled": False}, "'enabled' belongs into '_ldMeta'"),
    ({"ldMeta": {"enabled": False}}, "nothing reads 'ldMeta'; there are '_ldMeta', .*; did you mean '_ldMeta'?"),
    ({"modle": {"name": "gpt-4o"}}, "nothing reads 'modle'; there are .*; did you mean 'model'?"),
    ({"_ldMeta": {"zzz": 1}, "nonsense": 1}, "nothing reads 'nonsense'; there are '_ldMeta', .*, 'edges'$"),
    ({"model": "gpt-4o"}, "'model': must be a mapping such as {'name': 'gpt-4o'}, not str"),
    ({"model": {}}, "'model': has no 'name'; it is a mapping such as {'name': 'gpt-4o'}"),
    ({"model": {"nmae": "gpt-4o"}}, "'model': nothing reads 'nmae'; there are 'name', .*; did"),
    ({"model": {"name": 4}}, "'model': 'name': must be a text, not 4"),
    ({"model": {"name": "m", "temperature": 0.3}}, "'model': nothing reads 'temperature'; there are .*'parameters'"),
    ({"model": {"name": "m", "parameters": [1]}}, "'model': 'parameters': must be a mapping .*, not list"),
    ({"provider": "OpenAI"}, "'provider': must be a mapping such as {'name': 'OpenAI'}, not str"),
    ({"messages": "hi"}, "'messages': must be a list such as .*, not 'hi'"),
    ({"messages": ["hi"]}, "'messages': number 1: must be a mapping such as {'role': 'system', .*, not str"),
    ({"messages": [{"role": "user"}]}, "'messages': number 1: has no 'content'"),
    (
        {"messages": [{"role": "robot", "content": ""}]},
        "'messages': number 1: 'role': must be one of 'system', .*, not 'robot'",
    ),
    ({"instructions": ["hi"]}, "'instructions': must be a text, not \\['hi'\\]"),
    ({"tools": [{"name": "search"}]}, "'tools': must be a mapping such as .*, not list"),
    ({"tools": {"search": {"nam": "search"}}}, "'tools': 'search': nothing reads 'nam'; .*; did you mean 'name'?"),
    ({"judgeConfiguration": "x"}, "'judgeConfiguration': must be a mapping such as .*, not str"),
    (
        {"judgeConfiguration": {"judges": [{"key": "relevance"}]}},
        "'judgeConfiguration': 'judges': number 1: has no 'samplingRate'",
    ),
    (
        {"judgeConfiguration": {"judges": [{"key": "j", "samplingRate": "all"}]}},
        "'judgeConfiguration': 'judges': number 1: 'samplingRate': must be a number, not 'all'",
    ),
    ({"root": "a", "edges": {"a": [{"to": "b"}]}}, "'edges': 'a': number 1: has no 'key'"),
]


@pytest.mark.parametrize(("variation", "message"), VARIATION_SLIPS)
def test_h1_slips_in_a_variation_are_refused_at_once(serve, local, variation, message):
    """What the SDK would ignore, stumble over or take for something else is refused, with the place and the cure."""
    with pytest.raises(ValueError, match=f"AI config 'chat': variation 'default': {message}"):
        serve({"chat": variation})
    with pytest.raises(ValueError, match=f"AI config 'chat': variation 'brief': {message}"):
        local.set("chat", {"variations": {"brief": variation}})


@pytest.mark.parametrize(("configs", "message"), SLIPS)
def test_h1_slips_are_refused_at_once(serve, configs, message):
    """A config that cannot be served is refused with the place of the slip and the cure."""
    with pytest.raises(ValueError, match=message):
        serve(configs)


@pytest.mark.parametrize(("targeting", "message"), TARGETING_SLIPS)
def test_h1_slips_in_targeting_are_refused_at_once(serve, targeting, message):
    """Targeting that names no variation, or cannot be read, is refused with the place and the cure."""
    with pytest.raises(ValueError, match=f"AI config 'chat': .*{message}|AI config 'chat': {message}"):
        serve({"chat": {"variations": TWO, **targeting}})


def test_h1_slips_are_refused_at_run_time_too(local):
    """`set` refuses what the constructor refuses, and leaves what was served in place."""
    with pytest.raises(ValueError, match="there is no variation 'none'"):
        local.set("support-chat", {"variations": TWO, "default": "none"})

    assert "gpt-4o" == local.client.variation("support-chat", ANN, None)["model"]["name"]


YAML = """
support-chat:
  variations:
    brief: {model: {name: gpt-4o}}
    thorough: {model: {name: gpt-4.1}}
  default: thorough
"""


@pytest.mark.parametrize("name", ["configs.yaml", "configs.yml", "CONFIGS.YAML"])
def test_h1_configs_from_a_yaml_file(serve, tmp_path, variation_for, name):
    """A path of a YAML file is read."""
    (tmp_path / name).write_text(YAML, encoding="utf-8")

    assert "thorough" == variation_for(serve(tmp_path / name), ANN)


def test_h1_configs_from_a_json_file(serve, tmp_path, variation_for):
    """A path of a JSON file, given as text, is read."""
    file = tmp_path / "configs.json"
    file.write_text(json.dumps({"support-chat": MODEL}), encoding="utf-8")

    assert "default" == variation_for(serve(str(file)), ANN)


BROKEN_FILES = [
    pytest.param("configs.json", b"{", "Expecting property name", id="json"),
    pytest.param("configs.yaml", b"a: [", "is not YAML", id="yaml"),
    pytest.param("configs.yaml", b"", "must be a mapping such as .*, not NoneType", id="empty"),
    pytest.param(
        "configs.yaml", b"chat: {model: {since: 2024-01-01}}", "date is not JSON .*put text in quotes", id="date"
    ),
    pytest.param("configs.yaml", b"on: {model: {}}", "not True; put it in quotes", id="yaml key"),
    pytest.param("configs.json", b"\xff", "can't decode byte", id="encoding"),
    pytest.param("configs.toml", b"", r"ends in .yaml, .yml or .json, not '.toml'", id="suffix"),
]


@pytest.mark.parametrize(("name", "content", "message"), BROKEN_FILES)
def test_h1_broken_files_are_refused_by_name(serve, tmp_path, name, content, message):
    """A file that cannot be read or served is named, with the reason."""
    file = tmp_path / name
    file.write_bytes(content)

    with pytest.raises(ValueError, match=f"(?s){name}: .*{message}"):
        serve(file)


def test_h1_a_missing_file_is_named(serve, tmp_path):
    """A missing file is named, and so is the folder that relative paths count from."""
    with pytest.raises(ValueError, match=r"nowhere.yaml: cannot be read \(No such file .*\); the path counts from"):
        serve(tmp_path / "nowhere.yaml")


def test_h1_yaml_without_its_extra_names_the_extra(serve, tmp_path, monkeypatch):
    """Where PyYAML is not installed, the error has the line that installs it."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    file = tmp_path / "configs.yaml"
    file.write_text(YAML, encoding="utf-8")

    with pytest.raises(ImportError, match=r"a YAML file with configs needs yaml: pip install 'ldtrack\[yaml\]'"):
        serve(file)
