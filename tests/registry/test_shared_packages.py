"""Top-level names that many vendors' packages share (C1)."""

from __future__ import annotations

import pytest

from ldtrack import extractor_for, register_extractor
from ldtrack._registration import package_of


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("openai.types.chat.ChatCompletion", "openai"),
        ("google.genai.types.GenerateContentResponse", "google.genai"),
        ("azure.ai.inference.models.ChatCompletions", "azure.ai"),
        ("google", "google"),
    ],
)
def test_c1_the_package_of_a_class_is_its_vendors(name, package):
    """`google` and `azure` say nothing: there the next part does."""
    assert package == package_of(name)


def test_c1_classes_of_one_name_below_a_shared_package_are_told_apart():
    """A registration for google.genai does not read a class of the same name in google.adk."""
    register_extractor("google.genai.types.Reply", lambda _reply: None)
    ours = type("Reply", (), {"__module__": "google.genai._moved.types"})
    theirs = type("Reply", (), {"__module__": "google.adk.events"})

    assert extractor_for(ours) is not None
    assert extractor_for(theirs) is None
