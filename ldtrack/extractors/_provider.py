"""How a provider's module tells what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ldtrack._metrics import Extractor, StreamExtractorFactory
from ldtrack._registration import BUILT_IN, Kind, Registration


@dataclass(frozen=True)
class Provider:
    """What the classes of a provider's packages are, by their names; `*` in a name stands for anything."""

    packages: tuple[str, ...]
    """Top-level packages: the same names are found in each."""
    responses: Mapping[str, Extractor] = field(default_factory=dict[str, Extractor])
    chunks: Mapping[str, StreamExtractorFactory] = field(default_factory=dict[str, StreamExtractorFactory])
    streams: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """What is read through methods, properties or attributes, whose names these are, or by iterating what is no
    iterator."""
    finals: Mapping[str, Extractor] = field(default_factory=dict[str, Extractor])
    """What reads a stream object once it has ended: the counts that it keeps itself, which go before its chunks'."""
    managers: tuple[str, ...] = ()
    """What only becomes a stream when it is entered."""
    exceptions: Mapping[str, Extractor] = field(default_factory=dict[str, Extractor])
    """What carries a response that was paid for."""

    def registrations(self) -> Iterator[Registration]:
        """All of it, as the registry keeps it."""
        yield from self._of("response", self.responses.items())
        yield from self._of("chunk", self.chunks.items())
        for name in {**self.streams, **self.finals}:
            for package in self.packages:
                methods = self.streams.get(name, ())
                yield Registration(f"{package}.{name}", "stream", self.finals.get(name), BUILT_IN, methods)
        yield from self._of("manager", ((name, None) for name in self.managers))
        yield from self._of("exception", self.exceptions.items())

    def _of(self, kind: Kind, readers: Iterable[tuple[str, Any]]) -> Iterator[Registration]:
        for name, reader in readers:
            for package in self.packages:
                yield Registration(f"{package}.{name}", kind, reader, BUILT_IN)
