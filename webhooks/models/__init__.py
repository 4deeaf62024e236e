"""What providers told us, and what subscribers are told."""

from webhooks.models.inbox import EventSource, EventState, LogCursor, ProviderEvent, PushRefusals, heads
from webhooks.models.telling import Delivery, DeliveryState, Method, Subscription, every_kind, new_secret

__all__ = [
    "Delivery",
    "DeliveryState",
    "EventSource",
    "EventState",
    "LogCursor",
    "Method",
    "ProviderEvent",
    "PushRefusals",
    "Subscription",
    "every_kind",
    "heads",
    "new_secret",
]
