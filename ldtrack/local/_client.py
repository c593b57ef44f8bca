"""`LocalLaunchDarkly`: the SDK's own client, fed from memory and heard by a recorder."""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from functools import partial
from typing import Any

from ldclient import LDClient
from ldclient.config import Config
from typing_extensions import Self

from ldtrack._whereabouts import Whereabouts, note_whereabouts
from ldtrack.local._assertions import Runs
from ldtrack.local._configs import flag_of, flags_of
from ldtrack.local._data_source import LocalFlags
from ldtrack.local._events import CustomEvent
from ldtrack.local._monitoring import Monitoring
from ldtrack.local._recorder import EventRecorder
from ldtrack.local._runs import runs_of
from ldtrack.local._slips import listed

_GIVE = "give it some, in pytest with a fixture `ldtrack_configs` of your own"


class LocalLaunchDarkly:
    """Serve AI configs from memory to a real `LDClient`, and keep the events that it tracks.

    Evaluation, trackers and events are the SDK's own; nothing is sent anywhere. `configs` maps AI config keys to
    configs, or is the path of a YAML or JSON file that does. A config is one variation in LaunchDarkly's shape
    (`_ldMeta`, `model`, `provider`, `messages` or `instructions`, `tools`, `judgeConfiguration`), or several:

        {"variations": {"brief": {...}, "thorough": {...}},
         "targets": {"brief": ["a-user-key"]},
         "rules": [{"attribute": "plan", "in": ["pro"], "variation": "thorough", "contextKind": "user"}],
         "rollout": {"brief": 60, "thorough": 40}}

    Targets are asked first, then rules in their order, then `rollout` (percentages, split by the key of the user
    context) or `default` (a variation's name); without these two the first variation is served. `_ldMeta` may be
    left out: enabled, version 1, and the variation's name as its key.

    Args:
        configs: The configs by their keys, or the path of a file that holds them.
        unchecked: Serve variations as they are, even those that the SDK cannot read.

    Raises:
        ValueError: A config cannot be served, or holds what the SDK does not read.
        ImportError: The file is YAML, and `ldtrack[yaml]` is not installed.
    """

    def __init__(self, configs: Mapping[str, Any] | str | os.PathLike[str], *, unchecked: bool = False) -> None:
        self._recorded: list[CustomEvent] = []
        self._flags = LocalFlags(flags_of(configs, unchecked=unchecked))
        self._client = LDClient(
            Config(
                "local",
                update_processor_class=self._flags,
                event_processor_class=lambda _config: EventRecorder(self._recorded),
                diagnostic_opt_out=True,
            )
        )
        note_whereabouts(self._client, partial(_whereabouts, weakref.ref(self._flags)))

    @property
    def client(self) -> LDClient:
        """The client, initialised; give it to `LDAIClient` or to `ldtrack.configure`."""
        return self._client

    @property
    def events(self) -> list[CustomEvent]:
        """The custom events tracked so far, in order: a copy of the list, with the SDK's own objects."""
        return self._recorded.copy()

    def set(self, key: str, config: Mapping[str, Any], *, unchecked: bool = False) -> None:
        """Add an AI config, or change it; calls that follow are served the new one.

        Raises:
            ValueError: As when the client is made, unless `unchecked` lets any variation through.
        """
        self._flags.set(key, flag_of(key, config, unchecked=unchecked))

    def remove(self, key: str) -> None:
        """Take an AI config away, as if it were deleted in LaunchDarkly.

        Raises:
            KeyError: There is no such config.
        """
        self._flags.remove(key)

    def runs(self) -> Runs:
        """Return what was recorded for each run, in the order of their first events."""
        return Runs(runs_of(self.events))

    def monitoring(self) -> Monitoring:
        """Return what LaunchDarkly's Monitoring tab would show for the events so far."""
        return Monitoring(self.events)

    def clear(self) -> None:
        """Forget the events recorded so far."""
        self._recorded.clear()

    def close(self) -> None:
        """Close the client. What was recorded stays; what is tracked later is lost, as with any client."""
        self._client.close()  # type: ignore[no-untyped-call]  # ldclient leaves it unannotated

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _whereabouts(flags: weakref.ref[LocalFlags]) -> Whereabouts:
    found = flags()  # weak: what is asked of a client must not keep it alive
    keys = listed(found.keys) if found else ""
    missing = (
        f"the local LaunchDarkly has only {keys}" if keys else f"the local LaunchDarkly has no AI configs: {_GIVE}"
    )
    return Whereabouts("enable it in the configs of the local LaunchDarkly", missing)
