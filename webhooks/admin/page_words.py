"""Which words of the field the pages of the inbox, of scheduled jobs and of subscriptions use: said at their foot."""

from __future__ import annotations

from dialer.admin.words import words_on

words_on({
    "django_celery_beat_periodictask": ("Job",),
    "webhooks_providerevent": ("Provider event", "Push", "Attempt"),
    "webhooks_subscription": ("Subscription", "Delivery"),
    "webhooks_delivery": ("Delivery", "Subscription"),
})  # fmt: skip
