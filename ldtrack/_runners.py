"""Creating LaunchDarkly's managed runners, in every release that ldtrack supports."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ldai import ManagedAgent, ManagedAgentGraph

from ldtrack._evaluation import Refusal, why_disabled

if TYPE_CHECKING:
    from ldai import LDAIClient
    from ldclient import Context


async def create_runner(  # noqa: PLR0917 -- what the SDK's methods take
    client: LDAIClient, kind: type, config_key: str, context: Context, default: Any, variables: dict[str, Any]
) -> Any:
    """Create a `ManagedModel`, `ManagedAgent` or `ManagedAgentGraph`; None where its config may not run."""
    made: Any
    if kind is ManagedAgentGraph:
        made = client.create_agent_graph(config_key, context)  # pyright: ignore[reportUnknownMemberType] -- the SDK's
    elif kind is ManagedAgent:
        made = client.create_agent(  # pyright: ignore[reportUnknownMemberType] -- the SDK's
            config_key, context, default=default, variables=variables
        )
    else:
        made = client.create_model(config_key, context, default, variables)
    return await made if inspect.isawaitable(made) else made  # coroutines before release 1.0


def why_no_runner(client: LDAIClient, kind: type, config_key: str, context: Context, default: Any) -> Refusal:
    """Tell a config that is off from one whose provider has no package installed."""
    if kind is ManagedAgentGraph:
        return Refusal("gave no agent graph: enable it and all of its agents, and install its provider's package")
    evaluate = client.agent_config if kind is ManagedAgent else client.completion_config
    config: Any = evaluate(config_key, context, default)
    if not config.enabled:
        return why_disabled(client, config, context, default)
    provider = config.provider.name if config.provider else None
    return Refusal(f"is on, but has no runner: install LaunchDarkly's AI package for its provider, {provider!r}")
