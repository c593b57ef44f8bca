"""Track LLM calls for the Monitoring tab of LaunchDarkly AI configs."""

import inspect

from ldtrack._bind import bind_run
from ldtrack._context import use_context
from ldtrack._conversation import Conversation, conversation
from ldtrack._decorator import tracked
from ldtrack._delivery.delivered import delivered, delivers
from ldtrack._delivery.exits import deliver_on_sigterm
from ldtrack._delivery.flushing import aflush, delivery_stats, flush, shutdown
from ldtrack._delivery.ledger import DeliveryStats
from ldtrack._delivery.processors import confirming_event_processor
from ldtrack._errors import (
    ConfigDisabledError,
    ConfigurationError,
    InvalidTokenError,
    LdtrackError,
    MissingContextError,
)
from ldtrack._explain import Explanation, explain
from ldtrack._feedback import send_feedback
from ldtrack._metrics import Extractor, Reading, StreamExtractor, StreamExtractorFactory
from ldtrack._muting import suppressed
from ldtrack._registration import Registration
from ldtrack._registry import (
    extractor_for,
    register_extractor,
    register_stream_extractor,
    registered,
    stream_extractor_for,
    unregister,
)
from ldtrack._run import Run, current_run
from ldtrack._settings import configure
from ldtrack._signature import inject
from ldtrack._summary import RunSummary
from ldtrack._track_stream import TrackedStream, track_stream

__all__ = [
    "ConfigDisabledError",
    "ConfigurationError",
    "Conversation",
    "DeliveryStats",
    "Explanation",
    "Extractor",
    "InvalidTokenError",
    "LdtrackError",
    "MissingContextError",
    "Reading",
    "Registration",
    "Run",
    "RunSummary",
    "StreamExtractor",
    "StreamExtractorFactory",
    "TrackedStream",
    "aflush",
    "bind_run",
    "configure",
    "confirming_event_processor",
    "conversation",
    "current_run",
    "deliver_on_sigterm",
    "delivered",
    "delivers",
    "delivery_stats",
    "explain",
    "extractor_for",
    "flush",
    "inject",
    "register_extractor",
    "register_stream_extractor",
    "registered",
    "send_feedback",
    "shutdown",
    "stream_extractor_for",
    "suppressed",
    "track_stream",
    "tracked",
    "unregister",
    "use_context",
]


def _show_public_module() -> None:
    """Let tracebacks and docs name the public module. Aliases of `typing` have nothing to rename."""
    for name in __all__:
        public = globals()[name]
        if getattr(public, "__module__", "").startswith("ldtrack._"):
            if inspect.isclass(public):  # the hints of a class are looked up in the module that it names
                public.__annotations__ = inspect.get_annotations(public, eval_str=True)
            public.__module__ = __name__


_show_public_module()
