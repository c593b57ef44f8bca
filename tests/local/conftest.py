"""What the tests of `ldtrack.local` share."""

from __future__ import annotations

import pytest
from ldai.client import LDAIClient
from ldclient import Context

from ldtrack.local import LocalLaunchDarkly


@pytest.fixture
def serve():
    """Make local clients that are closed at the end of the test."""
    made = []

    def make(configs, **options):
        made.append(LocalLaunchDarkly(configs, **options))
        return made[-1]

    yield make
    for local in made:
        local.close()


@pytest.fixture
def local(serve):
    """One config of one variation."""
    return serve(
        {
            "support-chat": {
                "model": {"name": "gpt-4o"},
                "provider": {"name": "openai"},
                "messages": [{"role": "system", "content": "Be brief."}],
            }
        }
    )


@pytest.fixture
def track():
    """Make a real tracker of a local client's config."""

    def make(local, key="support-chat", user="ann"):
        return LDAIClient(local.client).completion_config(key, Context.create(user)).create_tracker()

    return make


@pytest.fixture
def variation_for():
    """Tell which variation a context gets, by the key that its tracker would send."""

    def tell(local, context, key="support-chat"):
        config = local.client.variation(key, context, {})
        return config["_ldMeta"]["variationKey"]

    return tell
