"""How far campaigns are, for people who watch them: from the counts kept with the state, and from what is live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from campaigns.claiming.did_limits import held_dids
from campaigns.claiming.suppressed import HOLDING
from campaigns.counting.totals import Totals, totals_of
from campaigns.explaining.line_owners import lines_of
from campaigns.explaining.waiting import waiting_leads
from campaigns.models import Campaign, CampaignState, HostedDialer, RunsOn
from campaigns.rules.campaign import read_rules
from campaigns.rules.ruleset import CampaignRules
from dialer.reader import at_clocks

#: Outcomes of calls of which nobody has said how they ended.
WITHOUT_RESULT = frozenset({"LOST", "UNCERTAIN"})


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a campaign is. ``waiting_for`` says in words what it waits for; empty when it is calling or over."""

    leads_by_state: dict[str, int] = field(default_factory=dict)
    leads_total: int = 0
    attempts_by_outcome: dict[str, int] = field(default_factory=dict)
    attempts_total: int = 0
    # LOST and UNCERTAIN ones, those included that are live: they may have rung, and nobody has said how they ended.
    calls_without_result: int = 0
    live_calls: int = 0
    # The live calls by who holds their lines: see campaigns.explaining.line_owners.
    lines: dict[str, Any] = field(default_factory=dict)
    due_now: int = 0
    # So many are due, and more: they were not counted to their end.
    due_now_is_at_least: bool = False
    next_due_at: datetime | None = None
    waiting_for: str = ""
    # While the lists of a large campaign are being enrolled.
    contacts_to_enrol: int = 0
    # Among the pending: their numbers are held until somebody decides whether their people refuse calls.
    leads_held: int = 0

    def take(self, totals: Totals) -> None:
        """Take over what is counted of leads and attempts."""
        self.leads_by_state, self.leads_total = totals.leads_by_state, totals.leads
        self.attempts_by_outcome, self.attempts_total = totals.attempts_by_outcome, totals.attempts
        unheard = sum(count for outcome, count in totals.attempts_by_outcome.items() if outcome in WITHOUT_RESULT)
        self.calls_without_result = unheard + totals.live_uncertain
        self.live_calls = totals.live_attempts


# "+ 0": of a campaign that has just grown the planner would go through all leads; see campaigns/leads/enrolling.py.
_HELD = f"""
SELECT l.campaign_id, count(*) FROM (SELECT DISTINCT h.number FROM {HOLDING}) held
  JOIN campaigns_lead l ON l.number = held.number AND l.campaign_id + 0 = ANY(%s) AND l.state = 'PENDING' GROUP BY 1
"""  # noqa: S608
# List by list, by their index: where the table is taken for empty, a join would go through all contacts.
_TO_ENROL = """
SELECT p.id, sum(waiting.contacts)::bigint FROM campaigns_campaign p
  JOIN campaigns_campaign_contact_lists cl ON cl.campaign_id = p.id
 CROSS JOIN LATERAL (SELECT count(*) AS contacts FROM campaigns_contact c
                      WHERE c.contact_list_id = cl.contactlist_id AND c.id > p.enrolling_after_id) waiting
 WHERE p.id = ANY(%s) AND p.enrolling_after_id IS NOT NULL GROUP BY 1
"""


def campaign_progress(campaign_ids: Sequence[int], *, now: datetime | None = None) -> dict[int, Progress]:
    """Return the progress of each campaign, with a fixed number of queries."""
    ids = list(campaign_ids)
    at = now or datetime.now(UTC)
    progress = {campaign_id: Progress() for campaign_id in ids}
    with connection.cursor() as cursor:
        for campaign_id, totals in totals_of(cursor, campaign_ids=ids).items():
            progress[campaign_id].take(totals)
        for campaign_id, waiting in waiting_leads(campaign_ids=ids, now=at).items():
            progress[campaign_id].due_now = waiting.due
            progress[campaign_id].due_now_is_at_least = waiting.is_at_least
            progress[campaign_id].next_due_at = waiting.next_due_at
        for campaign_id, count in _rows(cursor, _TO_ENROL, [ids]):
            progress[campaign_id].contacts_to_enrol = count
        for campaign_id, count in _rows(cursor, _HELD, [ids]):
            progress[campaign_id].leads_held = count
        campaigns = Campaign.objects.select_related("account__gate", "hosted_dialer").in_bulk(ids)
        lines = lines_of(cursor, campaign_ids=ids, now=at)
        for campaign_id, campaign in campaigns.items():
            progress[campaign_id].lines = lines[campaign_id].as_dict(zone=campaign.time_zone, now=at)
        running = {pk: campaign for pk, campaign in campaigns.items() if campaign.state == CampaignState.RUNNING}
        rules = read_rules(cursor, campaign_ids=list(running))
        held = held_dids(cursor, campaign_ids=list(running), rules=rules, now=at)
    for campaign_id, campaign in running.items():
        progress[campaign_id].waiting_for = waiting_for(
            campaign=campaign,
            progress=progress[campaign_id],
            rules=rules[campaign_id],
            held=held.get(campaign_id),
            now=at,
        )
    return progress


def _rows(cursor: Any, sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    cursor.execute(sql, parameters)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def waiting_for(
    *,
    campaign: Campaign,
    progress: Progress,
    rules: CampaignRules,
    held: tuple[datetime | None, str] | None,
    now: datetime,
) -> str:
    """Return in words what a running campaign waits for, or an empty text.

    ``held``: why none of its DIDs may call, and from when one may, if that is so.
    """
    if campaign.runs_on == RunsOn.PROVIDER:
        dialer: HostedDialer | None = getattr(campaign, "hosted_dialer", None)
        if dialer is not None and dialer.problems:
            return f"The provider's dialer: {'; '.join(dialer.problems)}"
    closed = rules.closed_by(now)
    if closed is not None and closed.next_allowed_at is not None:
        return f"Waiting for {at_clocks(closed.next_allowed_at, zone=campaign.time_zone, now=now)}: {closed.detail}"
    if closed is not None:
        return f"Calls nobody: {closed.detail}"
    if held is not None:
        until, reason = held
        return f"Waiting for {at_clocks(until, zone=campaign.time_zone, now=now)}: {reason}" if until else reason
    gate = campaign.account.gate
    if gate.backoff_until is not None and gate.backoff_until > now:
        return f"The provider turns calls away: next try {gate.backoff_until:%H:%M:%S} UTC ({gate.backoff_reason})"
    if campaign.account.api.capabilities.reports_capacity and gate.fleet_problem:
        return f"Waiting for the provider's capacity: {gate.fleet_problem}"
    if progress.live_calls == 0 and 0 < progress.leads_held == progress.leads_by_state.get("PENDING", 0):
        return f"Leads that wait for a decision whether they refuse calls: {progress.leads_held}. See To decide"
    if progress.due_now == 0 and progress.live_calls == 0 and progress.next_due_at is not None:
        return f"Nothing is due until {at_clocks(progress.next_due_at, zone=campaign.time_zone, now=now)}"
    return ""
