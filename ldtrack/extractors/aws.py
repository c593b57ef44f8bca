"""AWS's SDKs: their responses are plain dicts, told by their keys (`plain`); only the streams in them are objects."""

from __future__ import annotations

from ldtrack.extractors._provider import Provider

PROVIDER = Provider(
    packages=("aiobotocore", "botocore"),
    # They can be iterated, and are no iterators.
    streams={"AioEventStream": (), "EventStream": ()},
)
