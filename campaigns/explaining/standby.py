"""Which of a campaign's two accounts takes its calls at an instant, and why, as claiming sees both."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from campaigns.claiming.failover import read_partners, resting
from campaigns.claiming.gate import look_at_gates
from campaigns.explaining.checks import Check, Limit
from campaigns.models import Campaign


def standby_check(cursor: Any, *, campaign: Campaign, taking: Collection[int], now: datetime) -> Check | None:
    """Say it of a running campaign; None where it has one account. ``taking``: ids of those that it may call through.

    It holds nothing back: what keeps an account from calling, its other checks tell.
    """
    second = campaign.fallback_account
    if second is None:
        return None
    gates = look_at_gates(cursor, account_id=second.pk)
    partner = read_partners(cursor, account_id=second.pk, gates=gates).by_id.get(campaign.account_id)
    rests = resting(partner=partner, now=now) if partner is not None else ""
    first_name = campaign.account.name
    if not rests:
        said = f"{first_name} takes its calls, {second.name} stands by."
    elif second.pk in taking:
        said = f"{first_name} {rests}: {second.name} takes its calls."
    else:
        said = f"{first_name} {rests}, and {second.name} cannot take over: {_why(campaign)}."
    values: dict[str, Any] = {"first": first_name, "second": second.name, "first_rests": rests}
    if partner is not None and partner.gate.backoff_until is not None and partner.gate.backoff_until > now:
        values["first_rests_until"] = partner.gate.backoff_until
    return Check(limit=Limit.STANDING_IN, said=said, values=values)


def _why(campaign: Campaign) -> str:
    second = campaign.fallback_account
    assert second is not None
    if not second.is_active:
        return "it is switched off"
    return "the campaign has no DID of it that is switched on, or may not call as it is set"
