"""Failover: when the second account of a campaign may take its calls, and how its limit holds across both.

An account rests when it is switched off, backs off, is probed after refusals in a row (it cannot be reached, has no
room, refuses our key), or says that its fleet is full or unwell. Only then does the second account claim leads, and
only leads whose last call is known not to be open: one that may have rung is for the first account's own rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaigns.claiming import budget
from campaigns.claiming.gate import Gate
from dialer import providers
from dialer.sql import hot_cursor

_PARTNERS = "SELECT id, provider, is_active FROM dialer_provideraccount WHERE id = ANY(%s)"
_LIVE_ELSEWHERE = """
SELECT account_id, campaign_id, count(*) FROM campaigns_attempt
 WHERE account_id = ANY(%s) AND ended_at IS NULL GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """The other account of a campaign, under its gate's lock."""

    gate: Gate
    is_active: bool
    has_fleet: bool
    live: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners:
    """The locked accounts that share campaigns with the one that claims, and their live calls by campaign."""

    by_id: Mapping[int, Partner] = field(default_factory=dict)
    live_by_campaign: Mapping[int, int] = field(default_factory=dict)

    def may_claim(self, *, account_id: int, first_id: int, second_id: int | None, now: datetime) -> bool:
        """Return whether ``account_id`` may take calls of a campaign with these accounts now.

        False also when the other account's gate is not locked: the campaign was given it a moment ago.
        """
        if first_id == account_id:
            return second_id is None or second_id in self.by_id
        first = self.by_id.get(first_id)
        return first is not None and bool(resting(partner=first, now=now))


def resting(*, partner: Partner, now: datetime) -> str:
    """Return why an account takes no calls at the moment, in words; an empty text if it does."""
    gate = partner.gate
    if not partner.is_active:
        return "is switched off"
    if gate.backoff_until is not None and gate.backoff_until > now:
        return "is backing off"
    if gate.refusals_in_row >= budget.REFUSALS_BEFORE_BACKOFF:
        return "turns calls away"
    return _fleet_rests(partner, now) if partner.has_fleet else ""


def _fleet_rests(partner: Partner, now: datetime) -> str:
    """A first reading is waited for; one that fails, or that shows no room, is a reason."""
    reading = partner.gate.reading
    if reading is not None and not budget.is_stale(reading=reading, now=now):
        room = budget.fleet_room(reading=reading, live_now=partner.live, now=now)
        return "" if room else "has no room"
    return "does not tell its room" if partner.gate.fleet_problem else ""


def read_partners(cursor: Any, *, account_id: int, gates: Mapping[int, Gate]) -> Partners:
    """Return the other locked accounts, with what is live on them. No query where there are none."""
    ids = [other for other in gates if other != account_id]
    if not ids:
        return Partners()
    live_by_account, live_by_campaign = _live(cursor, ids)
    cursor.execute(_PARTNERS, [ids])
    return Partners(
        by_id={
            other: Partner(
                gate=gates[other],
                is_active=is_active,
                has_fleet=providers.of_account(slug).capabilities.reports_capacity,
                live=live_by_account[other],
            )
            for other, slug, is_active in cursor.fetchall()
        },
        live_by_campaign=live_by_campaign,
    )


def _live(cursor: Any, account_ids: Sequence[int]) -> tuple[Counter[int], Counter[int]]:
    cursor.execute(_LIVE_ELSEWHERE, [account_ids])
    by_account: Counter[int] = Counter()
    by_campaign: Counter[int] = Counter()
    for account_id, campaign_id, count in cursor.fetchall():
        by_account[account_id] += count
        by_campaign[campaign_id] += count
    return by_account, by_campaign


def second_accounts(*, account_ids: Collection[int]) -> set[int]:
    """Return the accounts that may stand in for these: their bells are to be rung."""
    if not account_ids:
        return set()
    with hot_cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT fallback_account_id FROM campaigns_campaign
                WHERE account_id = ANY(%s) AND state = 'RUNNING' AND fallback_account_id IS NOT NULL""",
            [list(account_ids)],
        )
        return {row[0] for row in cursor.fetchall()}
