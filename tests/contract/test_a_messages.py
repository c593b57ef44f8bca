"""A1, A4: the cure that an error names can be applied where the error came from."""

from __future__ import annotations

from typing import Any

import pytest

from ldtrack import MissingContextError, configure, conversation, send_feedback
from support import KEY


@pytest.mark.parametrize("call", [lambda: send_feedback("token", positive=True), lambda: conversation(KEY)])
def test_a1_a_missing_context_outside_of_tracked_functions(ld: Any, call: Any) -> None:
    """There is no `@tracked` to give an option to."""
    configure(context=None)
    with pytest.raises(MissingContextError) as caught:
        call()

    assert "@tracked" not in str(caught.value)
