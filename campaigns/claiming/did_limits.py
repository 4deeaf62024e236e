"""What claiming reads of DIDs under the gate's lock: room, caps per hour and day, rest, and what each did of late."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from campaigns.claiming.did_calls import ANSWERS_AGAIN, CLOCKS, MOST_READ, Calls, Caps, look, to_look_at
from campaigns.claiming.slots import Slot
from campaigns.rules.deciding import DIDFacts, Profile, series_problem
from campaigns.rules.may_call import DIDLine
from campaigns.rules.ruleset import CampaignRules

#: After all instants at which a DID may be free again.
FAR = datetime.max.replace(tzinfo=UTC)
#: Before all instants.
EARLIEST = datetime.min.replace(tzinfo=UTC)

# DIDs that a campaign names itself or by a group, of whatever account.
_TAKEN_BY_WHOM = """
  FROM (SELECT campaign_id, did_id FROM campaigns_campaign_dids WHERE campaign_id = ANY(%(campaigns)s)
        UNION
        SELECT g.campaign_id, m.did_id FROM campaigns_campaign_did_groups g
          JOIN dialer_didgroup_dids m ON m.didgroup_id = g.didgroup_id
         WHERE g.campaign_id = ANY(%(campaigns)s)) cd
  JOIN dialer_did d ON d.id = cd.did_id
"""
_LINES = f"SELECT cd.campaign_id, d.number, d.account_id, d.is_active {_TAKEN_BY_WHOM} ORDER BY d.id"
# Inactive ones make a campaign wait, never call from nowhere.
_DIDS = f"""
SELECT cd.campaign_id, d.id, d.number, d.account_id, d.is_active,
       CASE WHEN d.is_active THEN d.max_live_calls ELSE 0 END, d.max_calls_per_hour,
       d.max_calls_per_day, d.rest_below_answer_percent, d.rest_after_calls, d.rest_minutes, d.resting_until,
       u.looked_at, u.hour_calls, u.day_calls, u.latest_at, u.hour_cap, u.day_cap, u.hour_free_at, u.day_free_at,
       u.answers_at
{_TAKEN_BY_WHOM}
  LEFT JOIN campaigns_didcalls u ON u.did_id = d.id
 ORDER BY d.id
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


class Trial(NamedTuple):
    """When a DID rests: of its latest ``calls`` fewer than ``percent`` were answered; for so long, and last seen to."""

    percent: int
    calls: int
    minutes: int
    looked_at: datetime | None

    def is_due(self, *, now: datetime) -> bool:
        """Return whether it is to be seen to again."""
        return self.looked_at is None or not self.looked_at - CLOCKS <= now < self.looked_at + ANSWERS_AGAIN


class _Row(NamedTuple):
    """A row of ``_DIDS``."""

    campaign_id: int
    id: int
    number: str
    account_id: int
    is_active: bool
    limit: int
    per_hour: int | None
    per_day: int | None
    percent: int | None
    rest_after_calls: int
    rest_minutes: int
    resting_until: datetime | None
    looked_at: datetime | None
    hour_calls: int
    day_calls: int
    latest_at: datetime | None
    hour_cap: int | None
    day_cap: int | None
    hour_free_at: datetime | None
    day_free_at: datetime | None
    answers_at: datetime | None

    @property
    def caps(self) -> Caps:
        """Its caps as they are now."""
        return Caps(per_hour=self.per_hour, per_day=self.per_day)

    @property
    def calls(self) -> Calls | None:
        """What is kept of its calls; None where nobody has looked yet."""
        if self.looked_at is None:
            return None
        return Calls(
            looked_at=self.looked_at,
            hour_calls=self.hour_calls,
            day_calls=self.day_calls,
            latest_at=self.latest_at,
            caps=Caps(per_hour=self.hour_cap, per_day=self.day_cap),
            hour_free_at=self.hour_free_at,
            day_free_at=self.day_free_at,
        )

    @property
    def trial(self) -> Trial | None:
        """When it rests; None: never."""
        if self.percent is None:
            return None
        return Trial(self.percent, self.rest_after_calls, self.rest_minutes, self.answers_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class DIDs:
    """Slots by campaign; one Slot for one DID, however many campaigns name it: what one takes, others have not."""

    by_campaign: Mapping[int, list[Slot]]
    numbers: Mapping[int, str]
    # Those that rest after poor answers and do not rest now.
    on_trial: Mapping[int, Trial]
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
    keep: bool,
) -> DIDs:
    """Return the DIDs of campaigns; of ``counted_for``, campaigns whose rotation asks for it, with their use of late.

    Slots are those of ``account_id``; None: of all accounts. ``keep``: what had to be counted is written down for later
    turns, for who holds the lock of the gate; without it nothing is written, for those who only look.
    """
    cursor.execute(_DIDS, {"campaigns": list(campaign_ids)})
    slots: dict[int, Slot] = {}
    by_campaign: dict[int, list[Slot]] = {}
    own: dict[int, _Row] = {}
    counted: set[int] = set()
    lines: dict[int, list[DIDLine]] = {}
    for row in map(_Row._make, cursor.fetchall()):
        lines.setdefault(row.campaign_id, []).append(DIDLine(row.number, row.account_id, row.is_active))
        if account_id not in (None, row.account_id):
            continue
        if row.id not in own:
            own[row.id] = row
            slots[row.id] = Slot(id=row.id, limit=max(row.limit, 1), live=live.get(row.id, 0), number=row.number)
            _apply_switch_and_rest(slots[row.id], row, now)
        by_campaign.setdefault(row.campaign_id, []).append(slots[row.id])
        if row.campaign_id in counted_for:
            counted.add(row.id)
    _apply_calls(cursor, slots=slots, rows=own, counted=counted, now=now, keep=keep)
    return DIDs(
        by_campaign=by_campaign,
        numbers={slot.id: slot.number for slot in slots.values()},
        on_trial={pk: row.trial for pk, row in own.items() if row.trial is not None and slots[pk].free},
        lines=lines,
    )


def _apply_switch_and_rest(slot: Slot, row: _Row, now: datetime) -> None:
    if row.limit == 0:
        slot.left = 0
    if row.resting_until is not None and row.resting_until > now:
        _hold(slot, until=row.resting_until, reason="rests after too few answers, or by hand")


def _hold(slot: Slot, *, until: datetime, reason: str) -> None:
    slot.left = 0
    if slot.free_at is None or until > slot.free_at:
        slot.free_at, slot.held_by = until, reason


def _apply_calls(
    cursor: Any,
    *,
    slots: Mapping[int, Slot],
    rows: Mapping[int, _Row],
    counted: Collection[int],
    now: datetime,
    keep: bool,
) -> None:
    """Take what caps leave of DIDs, and say how much those were used that are chosen by it."""
    asked = {pk: row for pk, row in rows.items() if row.per_hour or row.per_day or row.percent or pk in counted}
    known = {pk: row.calls for pk, row in asked.items()}
    caps = {pk: row.caps for pk, row in asked.items()}
    looks, waiting = to_look_at(known=known, caps=caps, counted=counted, now=now, only_looking=not keep)
    found = look(cursor, did_ids=looks, caps=caps, counted=counted, now=now, keep=keep)
    for did_id in asked:
        calls = found.get(did_id) or known[did_id]
        if did_id in waiting or calls is None:
            slots[did_id].left, slots[did_id].held_by = 0, "has its calls counted in a moment"
        else:
            _apply_caps(slots[did_id], calls)


def _apply_caps(slot: Slot, calls: Calls) -> None:
    slot.used, slot.last_turn = calls.day_calls, calls.latest_at.timestamp() if calls.latest_at else 0.0
    for cap, made, free_at, word in calls.spans:
        if cap is None:
            continue
        slot.left = min(slot.left, max(0, cap - made))
        if made >= cap and free_at is not None:
            _hold(slot, until=free_at, reason=f"has made its {cap} calls of the {word}")


def rest_poor(cursor: Any, *, dids: DIDs, now: datetime, keep: bool = True) -> None:
    """Let DIDs rest whose latest calls were answered too seldom. No query where no DID is to be looked at.

    A DID is looked at once a second at most, and in one turn so many that their calls stay few, the longest waiting
    first. Without ``keep`` nothing is written: for those who only look.
    """
    looks = _to_try(dids.on_trial, now=now)
    if not looks:
        return
    cursor.execute(_ANSWERED, [looks])
    slots = {slot.id: slot for slots in dids.by_campaign.values() for slot in slots}
    for did_id, calls, answered in cursor.fetchall():
        trial = dids.on_trial[did_id]
        if calls >= trial.calls and answered * 100 < trial.percent * calls:
            until = now + timedelta(minutes=trial.minutes)
            if keep:
                cursor.execute("UPDATE dialer_did SET resting_until = %s WHERE id = %s", [until, did_id])
            _hold(slots[did_id], until=until, reason="rests after too few answers")
    if keep:
        cursor.execute("UPDATE campaigns_didcalls SET answers_at = %s WHERE did_id = ANY(%s)", [now, looks])


def _to_try(on_trial: Mapping[int, Trial], *, now: datetime) -> list[int]:
    due = sorted((trial.looked_at or EARLIEST, pk) for pk, trial in on_trial.items() if trial.is_due(now=now))
    read = 0
    looks: list[int] = []
    for _, did_id in due:
        read += on_trial[did_id].calls
        if looks and read > MOST_READ:
            break
        looks.append(did_id)
    return looks


def held_dids(
    cursor: Any, *, campaign_ids: Sequence[int], rules: Mapping[int, CampaignRules], now: datetime
) -> dict[int, tuple[datetime | None, str]]:
    """Return, of campaigns none of whose DIDs may call at ``now`` whatever is live, from when one may, and why not now.

    No instant where no time mends it: switched off, or outside the number series that the profile asks for.
    """
    if not campaign_ids:
        return {}
    dids = read_dids(cursor, campaign_ids=campaign_ids, account_id=None, live={}, counted_for=(), now=now, keep=False)
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
