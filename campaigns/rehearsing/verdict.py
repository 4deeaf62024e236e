"""Compares the carrier's ledger with our tables: the ledger is the witness, every disagreement is a sentence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.models import LEAD_ENDS, Attempt, Campaign, ContactImport, Lead
from dialer.providers.base import Outcome
from dialer.sandbox.rehearsals import arrives_as

#: Outcomes that say a phone was reached or called; each must be a call in the ledger.
CALLED = {Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.BUSY, Outcome.MACHINE, Outcome.FAILED, Outcome.LOST}
#: Ends that we conclude without the provider's word: the ledger may say anything.
UNSAID = {Outcome.LOST, Outcome.UNCERTAIN}


def disagreements(*, campaign_ids: Sequence[int], ledger: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what does not agree, as sentences; empty when every lead has ended and every ring is accounted for."""
    attempts = {
        str(reference): (state, outcome, is_burned)
        for reference, state, outcome, is_burned in Attempt.objects.filter(campaign_id__in=campaign_ids).values_list(
            "reference", "state", "outcome", "is_burned"
        )
    }
    calls = [row for row in identified(ledger, campaign_ids=campaign_ids) if row["reference"]]
    return [
        *_leads(campaign_ids),
        *_rings(calls, attempts),
        *_missing(calls, attempts),
        *_outcomes(calls, attempts),
    ]


def identified(ledger: Sequence[Mapping[str, Any]], *, campaign_ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """Return the ledger with the reference of every call: where a request does not carry it, by number and order.

    A request leaves after its attempt's PLACING is committed and before the number's next one, so it belongs to the
    attempt that was placed last before it arrived.
    """
    placed: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    attempts = Attempt.objects.filter(campaign_id__in=campaign_ids, placing_at__isnull=False).order_by("placing_at")
    for url, number, at, reference in attempts.values_list("account__base_url", "number", "placing_at", "reference"):
        assert at is not None
        placed[_account_key(url), number[-10:]].append((at.timestamp(), str(reference)))
    return [row if row["reference"] else {**row, "reference": _found(row, placed)} for row in ledger]


def _account_key(base_url: str) -> str:
    return "/".join(base_url.rstrip("/").split("/")[3:5])


def _found(row: Mapping[str, Any], placed: Mapping[tuple[str, str], Sequence[tuple[float, str]]]) -> str:
    mine = placed.get((f"{row['provider']}/{row['account']}", row["to_number"][-10:]), ())
    return next((reference for at, reference in reversed(mine) if at <= row["requested_at"]), "")


def _leads(campaign_ids: Sequence[int]) -> list[str]:
    problems = []
    unended = Lead.objects.filter(campaign_id__in=campaign_ids).exclude(state__in=LEAD_ENDS).count()
    if unended:
        problems.append(f"{unended} leads have no end")
    for campaign in Campaign.objects.filter(pk__in=campaign_ids):
        numbers = campaign.contact_lists.values_list("contacts__number", flat=True).distinct().count()
        leads = campaign.leads.count()
        if numbers != leads:
            problems.append(f"Campaign {campaign.name}: {numbers} numbers in its lists, {leads} leads")
    return problems


def _rings(calls: Sequence[Mapping[str, Any]], attempts: Mapping[str, Any]) -> list[str]:
    rings = Counter(row["reference"] for row in calls if row["rang_at"] is not None)
    problems = [f"Attempt {reference} rang {count} times" for reference, count in rings.items() if count > 1]
    unknown = {row["reference"] for row in calls} - attempts.keys()
    return problems + [f"The carrier was asked for a call that we do not know: {reference}" for reference in unknown]


def _missing(calls: Sequence[Mapping[str, Any]], attempts: Mapping[str, Any]) -> list[str]:
    started = {row["reference"] for row in calls if row["started_at"] is not None}
    return [
        f"Attempt {reference} is {outcome}, but the carrier had no such call"
        for reference, (_, outcome, _) in attempts.items()
        if outcome in CALLED and reference not in started
    ]


def _outcomes(calls: Sequence[Mapping[str, Any]], attempts: Mapping[str, Any]) -> list[str]:
    problems = []
    for row in calls:
        state, outcome, is_burned = attempts.get(row["reference"], ("", None, None))
        if outcome is None or outcome in UNSAID:
            continue
        said = arrives_as(slug=row["provider"], outcome=row["outcome"])
        if row["started_at"] is not None and outcome not in said:
            problems.append(f"Attempt {row['reference']}: we say {outcome}, the carrier {row['outcome']}")
        if row["rang_at"] is not None and not is_burned:
            problems.append(f"Attempt {row['reference']} rang but is not counted")
        if state != "ENDED":
            problems.append(f"Attempt {row['reference']} has not ended")
    return problems


def import_sums(imports: Sequence[ContactImport]) -> tuple[dict[str, int], list[str]]:
    """Return the rows of uploads together, and whether their sums agree."""
    rows = {
        "total": sum(i.rows_total for i in imports),
        "accepted": sum(i.rows_accepted for i in imports),
        "duplicate": sum(i.rows_duplicate for i in imports),
        "refused": sum(i.rows_refused for i in imports),
    }
    agree = rows["total"] == rows["accepted"] + rows["duplicate"] + rows["refused"]
    return rows, [] if agree else [f"Uploaded rows do not add up: {rows}"]
