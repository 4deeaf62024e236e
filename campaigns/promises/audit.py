"""The audit: every promise held against what is stored, in one snapshot and without a write.

Who reads it later cannot ask the carrier any more. So what may have been right is not called wrong: clocks may differ,
a stop may have waited for its locks, a line may have been given away by what a fleet counted. What is found is broken.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from campaigns.acts import OPERATE
from campaigns.counting.checking import differences
from campaigns.counting.checkups import to_check
from campaigns.models import Campaign, PastLimit, RulesVersion
from campaigns.placing.clock import MOST_OFF_SECONDS
from campaigns.promises import repeats, stored
from campaigns.promises.call import Call
from campaigns.promises.findings import CHECKS, PROMISES, Findings
from campaigns.promises.hours import Kept, kept_rules
from campaigns.promises.limits import Holder, Limits, Overlaps
from campaigns.promises.rows import calls
from campaigns.promises.stops import Change, Spans
from campaigns.rules.walls import BrokenRule
from dialer import providers
from dialer.acts.telephone import TURN_SWITCH
from dialer.models import DID, Agent, AuditEntry, ProviderAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an audit looked at and found. ``not_judged``: calls whose length nobody told, where a fleet frees lines."""

    since: datetime | None
    until: datetime
    calls: int
    not_judged: int
    findings: Findings
    seconds: float

    @property
    def violations(self) -> int:
        """How many rows break a promise."""
        return len(self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return it fit for JSON."""
        broken = [finding.as_json() for finding in self.findings]
        return {
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat(),
            "calls": self.calls,
            "lines_not_judged": self.not_judged,
            "violations": self.violations,
            "promises": [
                {
                    "promise": number,
                    "name": name,
                    "violations": sum(one["count"] for one in broken if one["promise"] == number),
                    "findings": [one for one in broken if one["promise"] == number],
                }
                for number, name in PROMISES.items()
            ],
            "seconds": round(self.seconds, 2),
        }


def _nobody(_: str) -> None:
    pass


def audit(
    *,
    now: datetime,
    since: datetime | None = None,
    clocks_differ: timedelta = timedelta(seconds=MOST_OFF_SECONDS),
    told: Callable[[str], None] = _nobody,
) -> Report:
    """Hold the calls that were live since then (None: all) and the state of now against the promises.

    ``clocks_differ``: so far apart the clocks of workers and PostgreSQL may have been; what they alone may explain is
    not found. ``told`` hears what is looked at. Its memory does not grow with the number of calls.
    """
    began = time.monotonic()
    findings = Findings()
    alone = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if alone:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        rules = _rules()
        told("calls")
        seen, not_judged = _go_through(cursor, rules, since=since, clocks_differ=clocks_differ, findings=findings)
        told("repeated calls")
        repeats.hold_caps(cursor, rules=rules, since=since, clocks_differ=clocks_differ, findings=findings)
        repeats.hold_blind(since=since, findings=findings)
        stored.ask_all(cursor, since=since, now=now, findings=findings, told=told)
        told("counts")
        for campaign_id in _counted(since=since, now=now):
            for found in differences(cursor, campaign_ids=[campaign_id]):
                findings.add(CHECKS["counts-differ"], of=f"campaign #{campaign_id}", ids=[], worst=str(found))
    return Report(
        since=since,
        until=now,
        calls=seen,
        not_judged=not_judged,
        findings=findings,
        seconds=time.monotonic() - began,
    )


def _counted(*, since: datetime | None, now: datetime) -> list[int]:
    if since is not None:
        return to_check(now=now)
    return list(Campaign.objects.order_by("pk").values_list("pk", flat=True))


def _rules() -> dict[int, Kept]:
    """Return every version of rules; one that cannot be read is left out, and its calls are found."""
    found = {}
    for version in RulesVersion.objects.iterator(chunk_size=500):
        try:
            found[version.pk] = kept_rules(version.rules)
        except (BrokenRule, KeyError, ValueError):
            continue
    return found


def _go_through(
    cursor: Any, rules: dict[int, Kept], *, since: datetime | None, clocks_differ: timedelta, findings: Findings
) -> tuple[int, int]:
    """Look at each call; return how many there were, and how many lines could not be judged."""
    overlaps = Overlaps(
        limits=_limits(cursor),
        fleet_accounts=_fleet_accounts(),
        clocks_differ=clocks_differ,
        since=since,
        findings=findings,
    )
    campaigns, switch = _campaign_spans(since), _switch_spans(since)
    seen = 0
    for call in calls(since=since):
        seen += 1
        overlaps.see(call)
        if since is not None and call.began_at <= since:
            continue  # an audit before this one has judged how it began
        _hold_hours(call, rules, clocks_differ, findings)
        if switch.forbids(at=call.began_at, clocks_differ=clocks_differ):
            findings.add(CHECKS["placed-while-switched-off"], ids=[call.id], at=call.began_at)
        spans = campaigns.get(call.campaign_id) if call.is_ours else None
        if spans is not None and spans.forbids(at=call.began_at, clocks_differ=clocks_differ):
            of = f"campaign #{call.campaign_id}"
            findings.add(CHECKS["placed-after-stop"], of=of, ids=[call.id], at=call.began_at)
    return seen, overlaps.not_judged


def _hold_hours(call: Call, rules: dict[int, Kept], clocks_differ: timedelta, findings: Findings) -> None:
    if not call.is_ours or call.rules_version_id is None or not call.number.startswith("+"):
        return  # paced elsewhere, found by another check, or erased with what it was allowed by
    kept = rules.get(call.rules_version_id)
    said = "its rules cannot be read"
    if kept is not None:
        said = kept.closed(at=call.began_at, zones=call.zones or (), clocks_differ=clocks_differ)
    if said:
        of = f"campaign #{call.campaign_id}"
        findings.add(CHECKS["outside-hours"], of=of, ids=[call.id], at=call.began_at, worst=said)


def _fleet_accounts() -> frozenset[int]:
    """Return the accounts whose lines may be given away by what the provider's fleet counts."""
    slugs = list(providers.able("reports_capacity"))
    return frozenset(ProviderAccount.objects.filter(provider__in=slugs).values_list("pk", flat=True))


def _limits(cursor: Any) -> Limits:
    current: dict[Holder, int | None] = {}
    for kind, model in (("ACCOUNT", ProviderAccount), ("DID", DID), ("AGENT", Agent), ("CAMPAIGN", Campaign)):
        rows: Any = model._default_manager.values_list("pk", "max_live_calls")
        current |= {(kind, pk): most for pk, most in rows}
    past: dict[Holder, list[tuple[datetime, int | None]]] = defaultdict(list)
    for limit in PastLimit.objects.order_by("until_at", "pk"):
        past[limit.limit_of, limit.holder_id].append((limit.until_at, limit.most))
    return Limits(current=current, past=past)


def _campaign_spans(since: datetime | None) -> dict[int, Spans]:
    """Return when each campaign ran; of one that did not change since then, by its state."""
    changes: dict[int, list[Change]] = defaultdict(list)
    entries = AuditEntry.objects.filter(act=OPERATE.name, subject="campaigns.campaign", changes__has_key="state")
    if since is not None:
        for pk, state in Campaign.objects.filter(state_changed_at__lte=since).values_list("pk", "state"):
            changes[pk].append(Change(since - timedelta(days=1), state == "RUNNING"))
        entries = entries.filter(at__gt=since)
    changed: Any = entries.filter(subject_id__isnull=False).order_by("at", "pk")
    for pk, at, states in changed.values_list("subject_id", "at", "changes__state"):
        if since is not None and not changes[pk]:
            changes[pk].append(Change(since - timedelta(days=1), states[0] == "RUNNING"))
        changes[pk].append(Change(at, states[1] == "RUNNING"))
    return {pk: Spans(found) for pk, found in changes.items()}


def _switch_spans(since: datetime | None) -> Spans:
    entries = AuditEntry.objects.filter(act=TURN_SWITCH.name, changes__has_key="dialing_allowed").order_by("at", "pk")
    before = entries.filter(at__lte=since).last() if since is not None else None
    if since is not None:
        entries = entries.filter(at__gt=since)
    rows = [(one.at, one.changes["dialing_allowed"][1]) for one in ([before] if before else []) + list(entries)]
    return Spans([Change(at, bool(allowed)) for at, allowed in rows])
