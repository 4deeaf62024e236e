"""What Prometheus is told of the inbox and of those who are told: see `dialer.metrics`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection
from prometheus_client.core import Metric

from dialer.metrics.house import gauge

#: Of what waits so many are counted; more are as good as that.
MOST_COUNTED = 20_000

_INBOX = """
SELECT state, count(*), EXTRACT(EPOCH FROM %(now)s::timestamptz - min(received_at))
  FROM (SELECT state, received_at FROM webhooks_providerevent WHERE state IN ('NEW', 'UNMATCHED')
         ORDER BY next_try_at, id LIMIT %(most)s) e
 GROUP BY 1
"""
_REFUSED = """
SELECT a.name, COALESCE(r.refused, 0) FROM dialer_provideraccount a
  LEFT JOIN webhooks_pushrefusals r ON r.account_id = a.id WHERE a.is_active ORDER BY 1
"""
# A subscriber is told what follows its position; what is on its way waits as a delivery.
_TELLING = """
SELECT s.name, (SELECT count(*) FROM (SELECT 1 FROM webhooks_delivery d
                                       WHERE d.subscription_id = s.id AND d.state = 'WAITING' LIMIT %(most)s) w),
       GREATEST(0, (SELECT max(position) FROM campaigns_feedentry) - s.position),
       EXTRACT(EPOCH FROM %(now)s::timestamptz - s.failing_since)
  FROM webhooks_subscription s WHERE s.is_active ORDER BY 1
"""


def figures(now: datetime) -> Iterator[Metric]:
    """Give what waits at ``now``."""
    values: dict[str, Any] = {"now": now, "most": MOST_COUNTED}
    with connection.cursor() as cursor:
        cursor.execute(_INBOX, values)
        found = {state: (count, age) for state, count, age in cursor.fetchall()}
        events = [(state, *found.get(state, (0, 0))) for state in ("NEW", "UNMATCHED")]
        yield gauge("inbox_events", f"Events that wait, up to {MOST_COUNTED}.", [e[:2] for e in events], ["state"])
        ages = [(state, age) for state, _, age in events]
        yield gauge("inbox_oldest_seconds", "For how long the oldest event waits.", ages, ["state"])
        cursor.execute(_REFUSED)
        said = "Pushes of an account refused as it sent too much; counted anew after a week without one."
        yield gauge("pushes_refused", said, cursor.fetchall(), ["account"])
        cursor.execute(_TELLING, values)
        rows = cursor.fetchall()
    label = ["subscription"]
    yield gauge("deliveries_waiting", "Deliveries that wait.", [(r[0], r[1]) for r in rows], label)
    yield gauge(
        "feed_behind",
        "Entries of the feed that a subscriber has not been brought.",
        [(r[0], r[2]) for r in rows],
        label,
    )
    yield gauge("subscriber_failing_seconds", "Since when it takes nothing.", [(r[0], r[3] or 0) for r in rows], label)
