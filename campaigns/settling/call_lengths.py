"""How long calls of an account or template lasted of late, and how many were given up: to suggest a longest call."""

from __future__ import annotations

from django.db import connection

from campaigns.models import CallTemplate
from campaigns.models.fallback import TEMPLATE_OF_CALL
from dialer.accounts.longest_call import LongestCall, Seen, longest_call
from dialer.models import ProviderAccount

#: So many of the latest calls are looked at, of so many campaigns: the cost is the same after millions.
MOST_CALLS = 2_000
MOST_CAMPAIGNS = 10

# The campaigns that called last, and of each its latest calls, by the index of campaigns and ids. Which campaigns and
# calls are theirs is asked before and after the limit, never inside it: there a rare kind would be looked for for ever.
# An attempt that was given up ended at its deadline, also where its result came later and made it no longer LOST.
_LATEST = """
WITH theirs AS (
    SELECT c.id, c.account_id, c.template_id, c.fallback_template_id, latest.id AS latest_id
      FROM campaigns_campaign c
     CROSS JOIN LATERAL (SELECT a.id FROM campaigns_attempt a WHERE a.campaign_id = c.id
                          ORDER BY a.campaign_id, a.id DESC LIMIT 1) latest
     WHERE %(id)s IN (c.{first}, c.{second})
     ORDER BY latest.id DESC LIMIT %(campaigns)s
)
SELECT a.outcome = 'LOST' OR a.ended_at >= a.deadline_at,
       CASE WHEN a.outcome IN ('ANSWERED', 'MACHINE')
            THEN NULLIF(GREATEST(COALESCE(a.talk_seconds, 0), COALESCE(a.duration_seconds, 0)), 0) END,
       extract(epoch FROM a.ended_at - a.placing_at)::float
  FROM theirs c
 CROSS JOIN LATERAL (SELECT * FROM campaigns_attempt x WHERE x.campaign_id = c.id
                      ORDER BY x.campaign_id, x.id DESC LIMIT %(calls)s) a
  {template}
 WHERE a.ended_at IS NOT NULL AND a.is_burned AND a.placing_at IS NOT NULL AND {own}
 ORDER BY a.id DESC LIMIT %(calls)s
"""
# A template with a longest call of its own says nothing of its account's.
_OF_ACCOUNT = _LATEST.format(
    first="account_id",
    second="fallback_account_id",
    template=TEMPLATE_OF_CALL,
    own="a.account_id = %(id)s AND t.max_call_seconds IS NULL",
)
_OF_TEMPLATE = _LATEST.format(
    first="template_id", second="fallback_template_id", template=TEMPLATE_OF_CALL, own="t.id = %(id)s"
)


def longest_call_of_account(account: ProviderAccount) -> LongestCall:
    """Return the account's longest call and what its latest calls suggest, in one statement."""
    return longest_call(max_call_seconds=account.max_call_seconds, seen=_seen(_OF_ACCOUNT, account.pk))


def longest_call_of_template(template: CallTemplate) -> LongestCall:
    """Return the template's longest call and what its latest calls suggest, in one statement."""
    return longest_call(max_call_seconds=template.max_call_seconds, seen=_seen(_OF_TEMPLATE, template.pk))


def _seen(sql: str, pk: int) -> Seen:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"id": pk, "campaigns": MOST_CAMPAIGNS, "calls": MOST_CALLS})
        rows = cursor.fetchall()
    told = [(length, after - length) for _, length, after in rows if length is not None]
    return Seen(
        calls=len(rows),
        given_up=sum(given_up for given_up, *_ in rows),
        lengths=[length for length, _ in told],
        delays=[max(0.0, delay) for _, delay in told],
    )
