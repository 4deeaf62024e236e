"""Whether people were called again as the rules of their calls allow: caps, and calls after one that may have rung."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from campaigns.promises.findings import CHECKS, Findings
from campaigns.promises.hours import Kept
from campaigns.promises.rows import PIECE_ROWS
from campaigns.rules.retry import matrix_of, rule_for
from dialer.providers.base import Outcome

# The dials of each person within so long before each, itself among them; those of a rehearsal are counted in it alone.
_BEYOND = """
SELECT 'campaign #' || campaign_id, count(*), (array_agg(id ORDER BY id))[1:5], min(at)
  FROM (SELECT id, campaign_id, rules_version_id, at,
               count(*) OVER (PARTITION BY number, rehearsed ORDER BY at
                              RANGE BETWEEN %(span)s::interval PRECEDING AND CURRENT ROW) AS dials
          FROM (SELECT id, campaign_id, rules_version_id, number, COALESCE(placing_at, reserved_at) AS at,
                       CASE WHEN is_rehearsal THEN campaign_id END AS rehearsed
                  FROM campaigns_attempt
                 WHERE is_burned IS NOT FALSE AND absent_at IS NULL AND number LIKE '+%%'
                   AND (%(since)s::timestamptz IS NULL OR reserved_at > %(since)s::timestamptz - %(span)s::interval)) d
       ) c
 WHERE dials > %(calls)s AND rules_version_id = ANY(%(versions)s)
   AND (%(since)s::timestamptz IS NULL OR at > %(since)s)
 GROUP BY 1
"""


def hold_caps(
    cursor: Any, *, rules: Mapping[int, Kept], since: datetime | None, clocks_differ: timedelta, findings: Findings
) -> None:
    """Count the dials of each person against every cap and gap that a version of rules has."""
    versions: dict[tuple[int, float], list[int]] = defaultdict(list)
    for version_id, kept in rules.items():
        for cap in kept.caps.caps:
            versions[cap.calls, cap.hours * 3600].append(version_id)
        if kept.caps.minimum_gap_seconds:
            versions[1, float(kept.caps.minimum_gap_seconds)].append(version_id)
    for (calls, seconds), version_ids in sorted(versions.items()):
        # A call counts for exactly that long, and instants of two clocks differ.
        span = timedelta(seconds=seconds) - max(clocks_differ, timedelta(microseconds=1))
        if span <= timedelta(0):
            continue
        cursor.execute(_BEYOND, {"span": span, "since": since, "calls": calls, "versions": version_ids})
        for of, count, ids, at in cursor.fetchall():
            worst = f"more than {calls} in {seconds / 3600:g} h"
            findings.add(CHECKS["cap-exceeded"], of=of, ids=ids, at=at, count=count, worst=worst)


# Calls that may have rung, each with the lead's next one, and whether a person or a call asked for that one.
_AFTER = """
SELECT n.id, n.campaign_id, n.placing_at, p.outcome, p.disposition, p.absent_at IS NOT NULL,
       pv.rules ->> 'retry_rules', nv.rules ->> 'retry_rules'
  FROM campaigns_attempt p
  JOIN LATERAL (SELECT a.* FROM campaigns_attempt a
                 WHERE a.lead_id = p.lead_id AND a.id > p.id AND a.placing_at IS NOT NULL
                 ORDER BY a.id LIMIT 1) n ON TRUE
  LEFT JOIN campaigns_rulesversion pv ON pv.id = p.rules_version_id
  LEFT JOIN campaigns_rulesversion nv ON nv.id = n.rules_version_id
 WHERE p.outcome IN ('LOST', 'UNCERTAIN') AND p.is_burned AND p.placing_at IS NOT NULL
   AND (%(since)s::timestamptz IS NULL OR n.placing_at > %(since)s)
   AND NOT EXISTS (SELECT 1 FROM campaigns_callback b
                    WHERE b.lead_id = p.lead_id AND b.created_at BETWEEN p.reserved_at AND n.placing_at)
   AND NOT EXISTS (SELECT 1 FROM dialer_auditentry e
                    WHERE e.subject = 'campaigns.lead' AND e.subject_id = p.lead_id
                      AND e.at BETWEEN p.reserved_at AND n.placing_at)
 ORDER BY n.id
"""


def hold_blind(*, since: datetime | None, findings: Findings) -> None:
    """Look at calls of leads whose call before may have rung: a rule, a callback or a person must have asked for it."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_AFTER, {"since": since})
        while rows := cursor.fetchmany(PIECE_ROWS):
            for attempt_id, campaign_id, at, outcome, disposition, is_absent, *stored in rows:
                if not any(_asks(text, Outcome(outcome), disposition, is_absent) for text in stored):
                    of = f"campaign #{campaign_id}"
                    findings.add(CHECKS["called-again-blind"], of=of, ids=[attempt_id], at=at)


def _asks(retry_rules: str | None, outcome: Outcome, disposition: str, is_absent: bool) -> bool:
    if retry_rules is None:
        return True  # that there are none is another check's
    matrix = matrix_of(retry_rules if retry_rules.startswith("{") else orjson.dumps({}).decode())
    _, rule = rule_for(matrix=matrix, outcome=outcome, disposition=disposition, absent=is_absent)
    return rule is not None and bool(rule.delays_seconds)
