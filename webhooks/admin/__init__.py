"""Admin of webhooks: the inbox, scheduled jobs, and what others are told."""

import webhooks.admin.page_words  # it registers the words of pages
import webhooks.admin.watches  # noqa: F401  # it registers what is watched
from webhooks.admin.inbox import ProviderEventAdmin
from webhooks.admin.jobs import ScheduledJobAdmin
from webhooks.admin.telling import DeliveryAdmin, SubscriptionAdmin

__all__ = ["DeliveryAdmin", "ProviderEventAdmin", "ScheduledJobAdmin", "SubscriptionAdmin"]
