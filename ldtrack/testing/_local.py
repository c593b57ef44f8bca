"""A local LaunchDarkly that ldtrack uses for a block."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from ldclient import Context

from ldtrack import _clients, _settings
from ldtrack._muting import switched_on
from ldtrack._switches import switches
from ldtrack.local import LocalLaunchDarkly


@contextmanager
def local_launchdarkly(
    configs: Mapping[str, Any] | str | os.PathLike[str], context: Context | None = None
) -> Generator[LocalLaunchDarkly, None, None]:
    """Have ldtrack use a `LocalLaunchDarkly` in strict mode; afterwards, what was configured before.

    In the block `LDTRACK_DISABLED` and `LDTRACK_LOCAL` of the environment do not count.

    Args:
        configs: As for `LocalLaunchDarkly`.
        context: The LaunchDarkly context of calls that name no other; a user called "test-user" if left out.

    Raises:
        ValueError: A config cannot be served.
    """
    with LocalLaunchDarkly(configs) as local, _settings.restored(), switched_on():
        switches.local = ""  # whatever the environment says, this is the LaunchDarkly of the test
        _settings.configure(client=local.client, context=context or Context.create("test-user"), strict=True)
        try:
            yield local
        finally:
            _clients.leave(local.client)
