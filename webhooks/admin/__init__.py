"""Admin of webhooks: the inbox, scheduled jobs, and what others are told."""

from webhooks.admin.inbox import ProviderEventAdmin
from webhooks.admin.jobs import ScheduledJobAdmin
from webhooks.admin.telling import DeliveryAdmin, SubscriptionAdmin

__all__ = ["DeliveryAdmin", "ProviderEventAdmin", "ScheduledJobAdmin", "SubscriptionAdmin"]
