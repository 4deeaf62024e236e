"""The acts on the inbox, on subscriptions, and on scheduled jobs."""

from __future__ import annotations

from campaigns.acts import FEED
from dialer.acts import Role, on_model, table

#: Rows that administrators alone see.
_KEPT = dict.fromkeys(("view", "add", "change", "delete"), Role.ADMINISTRATOR)

on_model("webhooks.providerevent", "events of providers, as they came", {"view": Role.ADMINISTRATOR})
# A subscription sends the feed to an address of its maker's, by a key map contacts' variables as well.
_TOLD = (*FEED.rights, "campaigns.view_contact")
on_model("webhooks.subscription", "subscriptions", _KEPT, also={"add": _TOLD, "change": _TOLD})
on_model("webhooks.delivery", "deliveries", {"view": Role.ADMINISTRATOR})
on_model("django_celery_beat.periodictask", "scheduled jobs", _KEPT)

SEE_EVENTS = table()["webhooks.providerevent.view"]
SEE_SUBSCRIPTIONS = table()["webhooks.subscription.view"]
CHANGE_SUBSCRIPTIONS = table()["webhooks.subscription.change"]
