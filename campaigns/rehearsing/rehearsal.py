"""Rehearse a campaign: the same people, template, rules and limits on the sandbox account of its provider.

The copy can never call anybody: its account is one of the sandbox, which has no address but the carrier's, and the
database lets neither the account out of the sandbox nor the campaign off the account (migrations/0001_initial.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from campaigns.acts import REHEARSE
from campaigns.explaining.preflight import preflight
from campaigns.explaining.preflight_runs import is_large
from campaigns.lifecycle.copying import copy_campaign, free_name
from campaigns.lifecycle.operations import start_campaign
from campaigns.models import Campaign, Rehearsal, RunsOn
from campaigns.rehearsing.carrying import NoCarrier, wait_for_carrier
from campaigns.rehearsing.hurrying import (
    DIFFERENT_HOURS,
    DIFFERENT_PEOPLE,
    LONGEST_WAIT_SECONDS,
    OPEN,
    shortened_by,
    shortened_caps,
    shortened_rules,
)
from campaigns.states.campaigns import UnableToOperate
from dialer.accounts.sandbox import NoSandbox, open_sandbox
from dialer.audit import record
from dialer.models import DID, Agent, ProviderAccount

#: Of a forecast, what stands beside a rehearsal: what names people does not.
KEPT = (
    "people", "callable", "suppressed", "suppressed_for_now", "held", "invalid", "never", "lacking_required", "capped",
    "calls", "answered", "not_reached", "not_finished", "first_call_at", "finish_at", "said", "assumed",
)  # fmt: skip


def rehearse(*, campaign_id: int, by: str, now: datetime) -> Rehearsal:
    """Make a rehearsal of a campaign, whatever its state, and start it.

    Raises Campaign.DoesNotExist; UnableToOperate with what must be mended first: nothing is left behind then.
    """
    campaign = Campaign.objects.select_related("account", "template").get(pk=campaign_id)
    if campaign.account.is_sandbox:
        raise UnableToOperate(["It is in the sandbox already: start it, nobody is called by it."])
    try:
        account = open_sandbox(provider=campaign.account.provider)
        wait_for_carrier(account=account)
    except (NoSandbox, NoCarrier) as problem:
        raise UnableToOperate([str(problem)], code="no_sandbox") from problem
    forecast = _forecast(campaign, now)
    with transaction.atomic():
        made = _copy(campaign, account, by)
        rehearsal = Rehearsal.objects.create(
            campaign=made, of=campaign, forecast=forecast, differences=_differences(campaign), made_by=by, made_at=now
        )
        record(act=REHEARSE.name, what=f"Rehearsed as {made.name}", subject=campaign, now=now)
        start_campaign(campaign_id=made.pk, now=now, by=by)
    return rehearsal


def _forecast(campaign: Campaign, now: datetime) -> dict[str, Any]:
    if is_large(campaign):
        return {}
    return kept_of(preflight(campaign=campaign, now=now).as_dict())


def kept_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a preflight what stands beside a rehearsal, as JSON."""
    kept: dict[str, Any] = orjson.loads(orjson.dumps({name: found[name] for name in KEPT}, option=orjson.OPT_UTC_Z))
    return kept


def _copy(campaign: Campaign, account: ProviderAccount, by: str) -> Campaign:
    made = copy_campaign(
        campaign,
        name=free_name(f"Rehearsal of {campaign.name}", first="", others=" ({})"),
        account=account,
        owner=by,
        fallback_account=None,
        fallback_template=None,
        runs_on=RunsOn.HERE,
        max_live_calls=_most_live(campaign),
        **OPEN,
        **_shortened(campaign),
    )
    made.windows.all().delete()
    made.did_groups.clear()
    made.dids.set(_lines_there(campaign, account))
    made.agents.set(_agents_there(campaign, account))
    return made


def _shortened(campaign: Campaign) -> Mapping[str, Any]:
    by = _shorter_by(campaign)
    return {
        "retry_rules": shortened_rules(campaign.retry_rules, by=by),
        "caps": shortened_caps(campaign.caps, by=by),
        "minimum_gap_seconds": round(campaign.minimum_gap_seconds / by),
        "callback_words": [],
    }


def _shorter_by(campaign: Campaign) -> float:
    return shortened_by(retry_rules=campaign.retry_rules, minimum_gap_seconds=campaign.minimum_gap_seconds)


def _most_live(campaign: Campaign) -> int | None:
    limits = [limit for limit in (campaign.max_live_calls, campaign.account.max_live_calls) if limit is not None]
    return min(limits, default=None)


def _lines_there(campaign: Campaign, account: ProviderAccount) -> list[DID]:
    """Return DIDs of the sandbox with the numbers and limits of the campaign's own, made where they are missing."""
    own = DID.objects.filter(Q(campaigns=campaign) | Q(groups__campaigns=campaign), account_id=campaign.account_id)
    return [
        DID.objects.update_or_create(
            account=account,
            number=did.number,
            defaults={"label": "Sandbox", "max_live_calls": did.max_live_calls, "is_active": did.is_active},
        )[0]
        for did in own.distinct()
    ]


def _agents_there(campaign: Campaign, account: ProviderAccount) -> list[Agent]:
    return [
        Agent.objects.update_or_create(
            account=account,
            kind=agent.kind,
            address=agent.address,
            defaults={
                "name": agent.name,
                "max_live_calls": agent.max_live_calls,
                "is_available": agent.is_available,
                "wrap_up_seconds": round(agent.wrap_up_seconds / settings.DIALER_SANDBOX_TIME_FACTOR),
            },
        )[0]
        for agent in campaign.agents.filter(account_id=campaign.account_id)
    ]


def _differences(campaign: Campaign) -> list[str]:
    """Say what of the rehearsal is not as in the campaign."""
    factor, by = settings.DIALER_SANDBOX_TIME_FACTOR, _shorter_by(campaign)
    said = [f"Calls last a {factor:g}th of their time.", DIFFERENT_HOURS, DIFFERENT_PEOPLE]
    if by > 1:
        said.append(f"Waits between attempts are {by:,.0f} times shorter: the longest is {LONGEST_WAIT_SECONDS} s.")
    if campaign.fallback_account_id:
        said.append("The second account does not take over.")
    if campaign.runs_on == RunsOn.PROVIDER:
        said.append("Calls are paced here, and not by the provider's dialer.")
    return said
