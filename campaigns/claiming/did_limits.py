"""What claiming reads of DIDs under the gate's lock: room, caps per hour and day, rest, and what each did of late."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from campaigns.claiming.slots import Slot
from campaigns.rules.deciding import DIDFacts, Profile, series_problem
from campaigns.rules.may_call import DIDLine
from campaigns.rules.ruleset import CampaignRules

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: After all instants at which a DID may be free again.
FAR = datetime.max.replace(tzinfo=UTC)
#: Calls of the last day that "least used" looks at: among DIDs that have made more, live room decides.
MOST_COUNTED = 1000

# DIDs that a campaign names itself or by a group, of whatever account.
_TAKEN = """
  FROM (SELECT campaign_id, did_id FROM campaigns_campaign_dids WHERE campaign_id = ANY(%(campaigns)s)
        UNION
        SELECT g.campaign_id, m.did_id FROM campaigns_campaign_did_groups g
          JOIN dialer_didgroup_dids m ON m.didgroup_id = g.didgroup_id
         WHERE g.campaign_id = ANY(%(campaigns)s)) cd
  JOIN dialer_did d ON d.id = cd.did_id
 ORDER BY d.id
"""
_LINES = f"SELECT cd.campaign_id, d.number, d.account_id, d.is_active {_TAKEN}"
# Inactive ones make a campaign wait, never call from nowhere.
_DIDS = f"""
SELECT cd.campaign_id, d.id, d.number, d.account_id, d.is_active,
       CASE WHEN d.is_active THEN d.max_live_calls ELSE 0 END, d.max_calls_per_hour,
       d.max_calls_per_day, d.rest_below_answer_percent, d.rest_after_calls, d.rest_minutes, d.resting_until
{_TAKEN}
"""

# The newest calls of a day, as many as a cap asks for; the n-th newest of an hour or day is the one that has to age.
_USAGE = """
SELECT d.id, u.calls, u.of_hour, u.latest, u.hour_nth, u.day_nth
  FROM dialer_did d
 CROSS JOIN LATERAL (
       SELECT count(*) AS calls,
              count(*) FILTER (WHERE x.reserved_at > %(now)s::timestamptz - interval '1 hour') AS of_hour,
              max(x.reserved_at) AS latest,
              min(x.reserved_at) FILTER (WHERE x.nth = d.max_calls_per_hour) AS hour_nth,
              min(x.reserved_at) FILTER (WHERE x.nth = d.max_calls_per_day) AS day_nth
         FROM (SELECT a.reserved_at, row_number() OVER (ORDER BY a.reserved_at DESC) AS nth
                 FROM campaigns_attempt a
                WHERE a.did_id = d.id AND a.is_burned IS NOT FALSE
                  AND a.reserved_at > %(now)s::timestamptz - interval '24 hours'
                ORDER BY a.reserved_at DESC
                LIMIT GREATEST(d.max_calls_per_hour, d.max_calls_per_day,
                               CASE WHEN d.id = ANY(%(counted)s) THEN %(most)s::integer ELSE 1 END)) x) u
 WHERE d.id = ANY(%(dids)s)
"""

# Of the latest calls since its last rest: how many there are, and how many somebody answered.
_ANSWERED = """
SELECT d.id, count(x.*), count(*) FILTER (WHERE x.outcome = 'ANSWERED')
  FROM dialer_did d
 CROSS JOIN LATERAL (
       SELECT a.outcome FROM campaigns_attempt a
        WHERE a.did_id = d.id AND a.ended_at IS NOT NULL AND a.is_burned
          AND a.reserved_at > COALESCE(d.resting_until, '-infinity')
        ORDER BY a.reserved_at DESC LIMIT d.rest_after_calls) x
 WHERE d.id = ANY(%s) GROUP BY d.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DIDs:
    """Slots by campaign; one Slot for one DID, however many campaigns name it: what one takes, others have not."""

    by_campaign: Mapping[int, list[Slot]]
    numbers: Mapping[int, str]
    # Those that rest after poor answers and do not rest now: percent, calls and minutes by DID.
    on_trial: Mapping[int, tuple[int, int, int]]
    # All that a campaign takes, by campaign, those of other accounts among them.
    lines: Mapping[int, Sequence[DIDLine]]


def read_lines(cursor: Any, *, campaign_ids: Sequence[int]) -> dict[int, list[DIDLine]]:
    """Return all DIDs that campaigns take, by campaign, of whatever account."""
    cursor.execute(_LINES, {"campaigns": list(campaign_ids)})
    found: dict[int, list[DIDLine]] = {}
    for campaign_id, *line in cursor.fetchall():
        found.setdefault(campaign_id, []).append(DIDLine(*line))
    return found


def read_dids(
    cursor: Any,
    *,
    campaign_ids: Sequence[int],
    account_id: int | None,
    live: Mapping[int, int],
    counted_for: Collection[int],
    now: datetime,
) -> DIDs:
    """Return the DIDs of campaigns; of ``counted_for``, campaigns whose rotation asks for it, with their use of late.

    Slots are those of ``account_id``; None: of all accounts.
    """
    cursor.execute(_DIDS, {"campaigns": list(campaign_ids)})
    rows = cursor.fetchall()
    slots: dict[int, Slot] = {}
    by_campaign: dict[int, list[Slot]] = {}
    limits: dict[int, tuple[Any, ...]] = {}
    counted: set[int] = set()
    lines: dict[int, list[DIDLine]] = {}
    for campaign_id, did_id, number, own_account_id, is_active, limit, *own in rows:
        lines.setdefault(campaign_id, []).append(DIDLine(number, own_account_id, is_active))
        if account_id not in (None, own_account_id):
            continue
        slot = slots.setdefault(did_id, Slot(id=did_id, limit=max(limit, 1), live=live.get(did_id, 0), number=number))
        if limit == 0:
            slot.left = 0
        limits[did_id] = tuple(own)
        by_campaign.setdefault(campaign_id, []).append(slot)
        if campaign_id in counted_for:
            counted.add(did_id)
    _apply_rest(slots, limits, now)
    _apply_usage(cursor, slots=slots, limits=limits, counted=counted, now=now)
    return DIDs(
        by_campaign=by_campaign,
        numbers={slot.id: slot.number for slot in slots.values()},
        on_trial={
            did_id: (percent, calls, minutes)
            for did_id, (_, _, percent, calls, minutes, _) in limits.items()
            if percent is not None and slots[did_id].free
        },
        lines=lines,
    )


def _apply_rest(slots: Mapping[int, Slot], limits: Mapping[int, tuple[Any, ...]], now: datetime) -> None:
    for did_id, (*_, resting_until) in limits.items():
        if resting_until is not None and resting_until > now:
            _hold(slots[did_id], until=resting_until, reason="rests after too few answers, or by hand")


def _hold(slot: Slot, *, until: datetime, reason: str) -> None:
    slot.left = 0
    if slot.free_at is None or until > slot.free_at:
        slot.free_at, slot.held_by = until, reason


def _apply_usage(
    cursor: Any, *, slots: Mapping[int, Slot], limits: Mapping[int, tuple[Any, ...]], counted: set[int], now: datetime
) -> None:
    """Count the calls of DIDs that have a cap or are chosen by use. No query where there are none."""
    asked = [did_id for did_id, (hour, day, *_) in limits.items() if hour or day or did_id in counted]
    if not asked:
        return
    cursor.execute(_USAGE, {"now": now, "dids": asked, "counted": list(counted), "most": MOST_COUNTED})
    for did_id, calls, of_hour, latest, hour_nth, day_nth in cursor.fetchall():
        slot, (per_hour, per_day, *_) = slots[did_id], limits[did_id]
        slot.used, slot.last_turn = calls, latest.timestamp() if latest else 0.0
        for cap, made, nth, span, word in (
            (per_hour, of_hour, hour_nth, HOUR, "hour"),
            (per_day, calls, day_nth, DAY, "day"),
        ):
            if cap is None:
                continue
            slot.left = min(slot.left, max(0, cap - made))
            if made >= cap and nth is not None:
                _hold(slot, until=nth + span, reason=f"has made its {cap} calls of the {word}")


def rest_poor(cursor: Any, *, dids: DIDs, now: datetime, keep: bool = True) -> None:
    """Let DIDs rest whose latest calls were answered too seldom. No query where no DID is on trial.

    Without ``keep`` nothing is written: for those who only look.
    """
    if not dids.on_trial:
        return
    cursor.execute(_ANSWERED, [list(dids.on_trial)])
    slots = {slot.id: slot for slots in dids.by_campaign.values() for slot in slots}
    for did_id, calls, answered in cursor.fetchall():
        percent, enough, minutes = dids.on_trial[did_id]
        if calls >= enough and answered * 100 < percent * calls:
            until = now + timedelta(minutes=minutes)
            if keep:
                cursor.execute("UPDATE dialer_did SET resting_until = %s WHERE id = %s", [until, did_id])
            _hold(slots[did_id], until=until, reason="rests after too few answers")


def held_dids(
    cursor: Any, *, campaign_ids: Sequence[int], rules: Mapping[int, CampaignRules], now: datetime
) -> dict[int, tuple[datetime | None, str]]:
    """Return, of campaigns none of whose DIDs may call at ``now`` whatever is live, from when one may, and why not now.

    No instant where no time mends it: switched off, or outside the number series that the profile asks for.
    """
    if not campaign_ids:
        return {}
    dids = read_dids(cursor, campaign_ids=campaign_ids, account_id=None, live={}, counted_for=(), now=now)
    held: dict[int, tuple[datetime | None, str]] = {}
    for campaign_id in campaign_ids:
        own = rules[campaign_id]
        slots = of_series(slots=dids.by_campaign.get(campaign_id, []), profile=own.profile, purpose=own.purpose)
        if slots and not any(slot.free for slot in slots):
            first = min(slots, key=lambda slot: slot.free_at or FAR)
            subject = "Its DID" if len(slots) == 1 else f"All its {len(slots)} DIDs are held; the first"
            held[campaign_id] = (first.free_at, f"{subject} {first.held_by or 'is switched off'}")
    return held


def of_series(*, slots: Sequence[Slot], profile: Profile | None, purpose: str) -> list[Slot]:
    """Return the slots with those that the profile does not let call for this purpose taken: nothing leaves them.

    Where the profile asks for a series and the campaign has no DID, one taken slot stands for the one it lacks.
    """
    if profile is None or not profile.series.get(purpose):
        return list(slots)
    if not slots:
        return [Slot(id=0, limit=1, live=0, left=0, held_by="is missing: the profile asks for a number series")]
    kept = []
    for slot in slots:
        problem = series_problem(did=DIDFacts(number=slot.number, purpose=purpose), profile=profile)
        kept.append(
            slot
            if problem is None
            else Slot(id=slot.id, limit=1, live=0, left=0, held_by=f"is no number for it: {problem.detail}")
        )
    return kept
