"""Questions that one statement answers: what stands in the tables and should not, by check.

Each answers with rows of what it concerns, an id and an instant; they are gathered by what they concern. All stand in
one snapshot, so that what moves meanwhile is seen before or after, and never in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from campaigns.promises.findings import CHECKS, MOST_NAMED, Check, Findings

#: What a campaign, an upload or a suppression may take until all of it is written, in the audit's favour.
SETTLED_AFTER = timedelta(minutes=10)
COMMITTED_WITHIN = timedelta(minutes=1)

_GATHERED = """
SELECT q.of, count(*), (array_agg(q.id ORDER BY q.id))[1:%d], min(q.at) FROM (%s) AS q (of, id, at) GROUP BY 1
"""

_LEAD_WITHOUT_CALL = """
SELECT 'campaign #' || l.campaign_id, l.id, l.last_attempt_at FROM campaigns_lead l
 WHERE l.state = 'DIALING'
   AND NOT EXISTS (SELECT 1 FROM campaigns_attempt a WHERE a.lead_id = l.id AND a.ended_at IS NULL)
"""
_CALL_WITHOUT_LEAD = """
SELECT 'campaign #' || a.campaign_id, a.id, a.reserved_at
  FROM campaigns_attempt a JOIN campaigns_lead l ON l.id = a.lead_id
 WHERE a.ended_at IS NULL AND l.state <> 'DIALING'
"""
_LEFT_BEHIND = """
SELECT 'campaign #' || c.id, l.id, c.state_changed_at
  FROM campaigns_campaign c JOIN campaigns_lead l ON l.campaign_id = c.id AND l.state = 'PENDING'
 WHERE c.state IN ('COMPLETED', 'STOPPED') AND c.state_changed_at < %(settled)s
"""
# A campaign that has completed had enrolled what its lists held; one that runs, all but the latest.
_NO_LEAD = """
SELECT 'campaign #' || c.id, k.id, k.created_at
  FROM campaigns_campaign c
  JOIN campaigns_campaign_contact_lists cl ON cl.campaign_id = c.id
  JOIN campaigns_contact k ON k.contact_list_id = cl.contactlist_id
   AND k.created_at < CASE c.state WHEN 'RUNNING' THEN %(settled)s::timestamptz ELSE c.state_changed_at END
 WHERE c.state IN ('RUNNING', 'COMPLETED') AND c.state_changed_at < %(settled)s AND c.enrolling_after_id IS NULL
   AND c.run_cron = '' AND (%(since)s::timestamptz IS NULL OR c.state = 'RUNNING' OR c.state_changed_at > %(since)s)
   AND NOT EXISTS (SELECT 1 FROM campaigns_lead l WHERE l.campaign_id = c.id AND l.number = k.number)
"""
# Refused rows that were archived and removed are gone from all of an upload or from none of it.
_IMPORT_SUMS = """
SELECT 'upload #' || i.id, i.id, i.ended_at
  FROM campaigns_contactimport i
  CROSS JOIN LATERAL (SELECT count(*) AS kept FROM campaigns_importrefusal r WHERE r.contact_import_id = i.id) r
 WHERE i.state = 'DONE' AND (%(since)s::timestamptz IS NULL OR i.ended_at > %(since)s)
   AND (i.rows_total <> i.rows_accepted + i.rows_duplicate + i.rows_refused
        OR (r.kept > 0 AND r.kept <> i.rows_refused + i.rows_duplicate))
"""
# Of what was removed from the feed nobody can say whether it was told.
_UNTOLD = """
SELECT 'campaign #' || a.campaign_id, a.id, a.ended_at FROM campaigns_attempt a
 WHERE a.ended_at > GREATEST('-infinity', %(since)s::timestamptz,
                             (SELECT min(f.created_at) + %(within)s::interval FROM campaigns_feedentry f
                               WHERE EXISTS (SELECT 1 FROM campaigns_feedstart)))
   AND a.is_burned AND a.ended_at < %(committed)s
   AND NOT EXISTS (SELECT 1 FROM campaigns_feedentry f WHERE f.attempt_id = a.id)
"""
_STUCK = """
SELECT 'account #' || a.account_id, a.id, a.deadline_at FROM campaigns_attempt a
 WHERE a.ended_at IS NULL AND a.deadline_at < %(settled)s
"""
_WITHOUT_RULES = """
SELECT 'campaign #' || a.campaign_id, a.id, a.placing_at FROM campaigns_attempt a
 WHERE a.placing_at IS NOT NULL AND a.rules_version_id IS NULL
   AND (%(since)s::timestamptz IS NULL OR a.ended_at > %(since)s OR a.ended_at IS NULL)
"""
_NO_REASON = """
SELECT 'campaign #' || l.campaign_id, l.id, l.ended_at FROM campaigns_lead l
 WHERE l.state IN ('SUPPRESSED', 'EXPIRED', 'CANCELED') AND l.state_reason = '' AND l.number LIKE '+%%'
   AND (%(since)s::timestamptz IS NULL OR l.ended_at > %(since)s)
"""
# A suppression counts from its row on, unless its list was changed after the call: what it barred then is not known.
# A dated one that somebody's opt-out or a decision has made longer keeps its row.
_SUPPRESSED = """
SELECT 'suppression list #' || s.suppression_list_id, a.id, a.placing_at
  FROM campaigns_suppressednumber s
  JOIN campaigns_suppressionlist sl ON sl.id = s.suppression_list_id
  JOIN campaigns_attempt a ON a.number = s.number AND a.placing_at > s.created_at + %(within)s::interval
   AND (s.until IS NULL OR s.until > a.placing_at + %(within)s::interval)
   AND (%(since)s::timestamptz IS NULL OR a.placing_at > %(since)s)
 WHERE (sl.applies_to_all OR EXISTS (
        SELECT 1 FROM campaigns_campaign_suppression_lists cs
         WHERE cs.campaign_id = a.campaign_id AND cs.suppressionlist_id = sl.id))
   AND NOT EXISTS (SELECT 1 FROM dialer_auditentry e
                    WHERE e.at > a.placing_at - %(within)s::interval
                      AND ((e.subject = 'campaigns.suppressionlist' AND e.subject_id = sl.id
                            AND (e.changes <> '{}' OR e.details ? 'CHANGED'))
                        OR (e.subject = 'campaigns.campaign' AND e.subject_id = a.campaign_id
                            AND e.changes ? 'suppression_lists')
                        OR (e.subject = 'campaigns.suppressednumber' AND e.subject_id = s.id)))
   AND NOT EXISTS (SELECT 1 FROM campaigns_optout o
                    WHERE o.number = a.number AND o.created_at > a.placing_at - %(within)s::interval)
   AND NOT EXISTS (SELECT 1 FROM campaigns_possibleoptout p
                    WHERE p.number = a.number AND p.decided_at > a.placing_at - %(within)s::interval)
"""
_HELD = """
SELECT 'campaign #' || a.campaign_id, a.id, a.placing_at
  FROM campaigns_possibleoptout p
  JOIN campaigns_attempt a ON a.number = p.number AND a.placing_at > p.heard_at + %(within)s::interval
   AND (p.decided_at IS NULL OR p.decided_at > a.placing_at + %(within)s::interval)
   AND (%(since)s::timestamptz IS NULL OR a.placing_at > %(since)s)
 WHERE a.number LIKE '+%%'
"""

STATEMENTS: Mapping[str, str] = {
    "suppressed-called": _SUPPRESSED,
    "held-called": _HELD,
    "lead-without-its-call": _LEAD_WITHOUT_CALL,
    "call-without-its-lead": _CALL_WITHOUT_LEAD,
    "lead-left-behind": _LEFT_BEHIND,
    "contact-without-lead": _NO_LEAD,
    "import-sums": _IMPORT_SUMS,
    "result-untold": _UNTOLD,
    "stuck-call": _STUCK,
    "call-without-rules": _WITHOUT_RULES,
    "end-without-reason": _NO_REASON,
}
#: Questions of the apps above: each its check and its statement, with the same values.
_of_others: list[tuple[Check, str]] = []


def gathered(question: str) -> str:
    """Return the statement that counts the rows of a question by what they concern, and names the first."""
    return _GATHERED % (MOST_NAMED, question)


def register(check: Check, *, statement: str) -> None:
    """Add a question of another app; ``statement`` answers as those here do."""
    _of_others[:] = [one for one in _of_others if one[0].name != check.name] + [(check, statement)]


def ask_all(
    cursor: Any, *, since: datetime | None, now: datetime, findings: Findings, told: Callable[[str], None]
) -> None:
    """Ask every question; ``told`` hears the name of each check before it is asked."""
    values = {
        "since": since,
        "now": now,
        "settled": now - SETTLED_AFTER,
        "committed": now - COMMITTED_WITHIN,
        "within": COMMITTED_WITHIN,
    }
    for check, statement in [*((CHECKS[name], text) for name, text in STATEMENTS.items()), *_of_others]:
        told(check.name)
        cursor.execute(gathered(statement), values)
        for of, count, ids, at in cursor.fetchall():
            findings.add(check, of=of, ids=ids, at=at, count=count)
