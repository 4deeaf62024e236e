"""What is watched of pushes and of those who are told: events that failed, subscriptions that do not answer."""

from __future__ import annotations

from datetime import datetime

from dialer.admin.attention import Row, Trouble, page, watch
from dialer.reader import at_clocks
from webhooks.acts import SEE_SUBSCRIPTIONS

_FAILING = """
SELECT id, name, failing_since AS failing_at, failures, problem, switched_off_at FROM webhooks_subscription
 WHERE is_active AND failing_since IS NOT NULL AND failures >= 3
    OR NOT is_active AND switched_off_at > %(now)s::timestamptz - interval '7 days'
"""


@watch("subscription-failing", act=SEE_SUBSCRIPTIONS, sql=_FAILING)
def _failing(row: Row, now: datetime) -> Trouble:
    if row["switched_off_at"]:
        said = f"The subscription {row['name']} was switched off, as it failed for too long: {row['problem']}"
    else:
        since = at_clocks(row["failing_at"], zone="", now=now)
        said = f"The subscription {row['name']} has failed {row['failures']:,} times since {since}: {row['problem']}"
    return Trouble(
        said=said,
        button="Look at the subscription",
        url=page("webhooks_subscription_change", row["id"]),
    )
