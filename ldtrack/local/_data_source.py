"""Flag data from memory: what the SDK takes from LaunchDarkly's stream otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event, Lock
from typing import Any

from ldclient.config import Config
from ldclient.interfaces import DataSourceState, FeatureStore, UpdateProcessor
from ldclient.versioned_data_kind import FEATURES, SEGMENTS


class LocalFlags:
    """The flags of a local client; stands for `Config(update_processor_class=...)`."""

    def __init__(self, flags: Mapping[str, dict[str, Any]]) -> None:
        self._lock = Lock()
        self._flags = {key: {**flag, "version": 1} for key, flag in flags.items()}
        self._versions = dict.fromkeys(flags, 1)
        self._sink: Any = None  # a DataSourceUpdateSink, whose methods ldclient types in part only

    def __call__(self, config: Config, _store: FeatureStore, ready: Event) -> UpdateProcessor:
        # The SDK sets the sink before it makes its data source, at both ends of the range; unlike the bare store
        # it tells flag listeners of changes.
        self._sink = config.data_source_update_sink
        return _LocalDataSource(self, ready)

    @property
    def keys(self) -> list[str]:
        """The keys of all flags, sorted."""
        return sorted(self._flags)

    def load(self) -> None:
        """Hand all flags to the SDK."""
        with self._lock:
            self._sink.init({FEATURES: dict(self._flags), SEGMENTS: {}})
            self._sink.update_status(DataSourceState.VALID, None)

    def set(self, key: str, flag: Mapping[str, Any]) -> None:
        """Add or change a flag."""
        with self._lock:
            self._flags[key] = {**flag, "version": self._next_version(key)}
            self._sink.upsert(FEATURES, self._flags[key])

    def remove(self, key: str) -> None:
        """Delete a flag."""
        with self._lock:
            if key not in self._flags:
                raise KeyError(f"no AI config {key!r}; there are {self.keys}")
            del self._flags[key]
            self._sink.delete(FEATURES, key, self._next_version(key))

    def _next_version(self, key: str) -> int:
        # Counts on after a removal: the SDK ignores versions older than those of what it deleted.
        self._versions[key] = self._versions.get(key, 0) + 1
        return self._versions[key]


class _LocalDataSource(UpdateProcessor):
    def __init__(self, flags: LocalFlags, ready: Event) -> None:
        self._flags = flags
        self._ready = ready

    def start(self) -> None:
        self._flags.load()
        self._ready.set()

    def stop(self) -> None:
        """Nothing runs in the background."""

    def initialized(self) -> bool:
        return self._ready.is_set()
