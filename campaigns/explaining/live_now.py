"""One campaign at an instant, as its page shows it while it runs: how far, how fast, who holds its lines, what waits.

Four statements, by counts that are kept and by indexes of what is live: it costs the same whatever was called before.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from campaigns.claiming.suppressed import HOLDING
from campaigns.explaining.house_now import SHOWN, CampaignNow, CampaignRow, campaigns_now
from campaigns.explaining.line_owners import Lines, lines_of
from campaigns.explaining.lines_taken import LinesTaken
from campaigns.explaining.pace import PACE_OVER
from campaigns.explaining.progress import WITHOUT_RESULT
from campaigns.models import CampaignState
from campaigns.rules.campaign import COLUMNS, JOIN
from campaigns.rules.ruleset import rules_of_row

#: Contacts are counted up to so many: those that are not enrolled yet, and those of a campaign that was never started.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNow:
    """``live_limit`` None: no limit is set. ``limit_since``: since when the workers see what holds it back.

    ``contacts``: of its lists, before it has leads; those and ``contacts_to_enrol`` are counted up to MOST_COUNTED.
    """

    one: CampaignNow
    lines: Lines
    limit_since: datetime | None
    account_id: int
    dialing_allowed: bool
    live_limit: int | None
    lines_of_others: int
    contacts_to_enrol: int
    leads_held: int
    contacts: int

    @property
    def calls_without_result(self) -> int:
        """Calls that may have rung, and nobody has said how they ended; live ones of no clear reply among them."""
        totals = self.one.counts.totals
        return sum(totals.attempts_by_outcome.get(one, 0) for one in WITHOUT_RESULT) + totals.live_uncertain

    @property
    def taken(self) -> LinesTaken:
        """The lines that its calls take, of those that it may."""
        return LinesTaken(calls=self.lines.calls, holding=self.lines.taken, most=self.live_limit)

    @property
    def seen(self) -> str:
        """What decides whether the reasons on its page are to be read anew."""
        return f"{self.one.state} {self.one.state_reason} {self.one.limit} {self.limit_since} {self.dialing_allowed}"


_OWN_DIDS = """SELECT did_id FROM campaigns_campaign_dids WHERE campaign_id = c.id
               UNION
              SELECT m.did_id FROM campaigns_campaign_did_groups g
                JOIN dialer_didgroup_dids m ON m.didgroup_id = g.didgroup_id WHERE g.campaign_id = c.id"""
# "+ 0": of a campaign that has just grown the planner would go through all leads; see campaigns/leads/enrolling.py.
# Who is usable among the agents, claiming decides alike (campaigns/claiming/agent_reading.py).
_LIVE = f"""
SELECT {SHOWN}, s.since_at, c.account_id,
       NOT EXISTS (SELECT FROM dialer_switchboard WHERE NOT dialing_allowed),
       LEAST(c.max_live_calls, a.max_live_calls,
             (SELECT sum(d.max_live_calls) FROM dialer_did d WHERE d.is_active AND d.id IN ({_OWN_DIDS})),
             (SELECT sum(g.max_live_calls) FROM campaigns_campaign_agents ca JOIN dialer_agent g ON g.id = ca.agent_id
               WHERE ca.campaign_id = c.id AND g.is_available AND NOT g.is_disabled_there
                 AND COALESCE(LEAST(g.expires_at, g.expires_there_at) > %(now)s::timestamptz, TRUE))),
       (SELECT count(*) FROM campaigns_attempt x
         WHERE x.ended_at IS NULL AND x.account_id IN (c.account_id, c.fallback_account_id) AND x.campaign_id <> c.id),
       (SELECT count(*) FROM (
               SELECT FROM campaigns_campaign_contact_lists cl
                 JOIN campaigns_contact k ON k.contact_list_id = cl.contactlist_id AND k.id > c.enrolling_after_id
                WHERE cl.campaign_id = c.id LIMIT %(most)s) few),
       (SELECT count(*) FROM (SELECT DISTINCT h.number FROM {HOLDING}) held
          JOIN campaigns_lead l ON l.number = held.number AND l.campaign_id + 0 = c.id AND l.state = 'PENDING'),
       (SELECT count(*) FROM (
               SELECT FROM campaigns_campaign_contact_lists cl
                 JOIN campaigns_contact k ON k.contact_list_id = cl.contactlist_id
                WHERE cl.campaign_id = c.id AND c.state IN ('DRAFT', 'SCHEDULED') LIMIT %(most)s) few),
       {COLUMNS}
  FROM campaigns_campaign c JOIN dialer_provideraccount a ON a.id = c.account_id
  LEFT JOIN (SELECT campaign_id, count(*) AS lately FROM campaigns_attempt
              WHERE ended_at > %(pace_from)s AND ended_at <= %(now)s AND campaign_id = %(campaign)s GROUP BY 1) o
    ON o.campaign_id = c.id
  LEFT JOIN campaigns_limitspan s ON s.campaign_id = c.id AND s.until_at IS NULL AND c.state = 'RUNNING'
  {JOIN}
 WHERE c.id = %(campaign)s
"""  # noqa: S608
_SHOWN_COLUMNS = len(fields(CampaignRow))
_OWN_COLUMNS = 8


def read_live(cursor: Any, *, campaign_id: int, now: datetime) -> LiveNow | None:
    """Return the campaign now; None where there is no such campaign."""
    given = {"campaign": campaign_id, "now": now, "pace_from": now - PACE_OVER, "most": MOST_COUNTED}
    cursor.execute(_LIVE, given)
    row = cursor.fetchone()
    if row is None:
        return None
    shown, own = CampaignRow.of(row[:_SHOWN_COLUMNS]), row[_SHOWN_COLUMNS : _SHOWN_COLUMNS + _OWN_COLUMNS]
    running = shown.state == CampaignState.RUNNING
    rules = {campaign_id: rules_of_row(row[_SHOWN_COLUMNS + _OWN_COLUMNS :])} if running else {}
    (one,) = campaigns_now(cursor, rows=[shown], now=now, rules=rules)
    since, account_id, allowed, limit, others, to_enrol, held, contacts = own
    return LiveNow(
        one=one,
        lines=lines_of(cursor, campaign_ids=[campaign_id], now=now)[campaign_id],
        limit_since=since,
        account_id=account_id,
        dialing_allowed=allowed,
        live_limit=int(limit) if limit is not None else None,
        lines_of_others=others,
        contacts_to_enrol=to_enrol,
        leads_held=held,
        contacts=contacts,
    )
