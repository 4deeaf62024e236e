"""Start, pause, resume, stop, and the kill switch. When a stopping function returns, no new request starts.

A stopping function changes the state under the lock of the accounts' gates, so it waits for a claim or a placing
transaction under way and every later one sees the new state. What had passed to PLACING before may still have its
request on the way out for a moment (SEND_WITHIN_SECONDS at most), so that moment is waited for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from campaigns.doorbells import ring_account, ring_campaign, ring_capacity
from campaigns.hosting.switching import not_surely_off, switch_off
from campaigns.leads.enrolling import begin_enrolling
from campaigns.lifecycle.quiet import gates, wait_out
from campaigns.lifecycle.readiness import starting_problems
from campaigns.models import Attempt, Campaign, CampaignState, HostedDialer
from campaigns.states.campaigns import BY_A_PERSON, UnableToOperate, move
from campaigns.states.left_over import cancel_waiting
from campaigns.states.locks import lock_campaigns
from dialer.acts.telephone import TURN_SWITCH
from dialer.audit import record
from dialer.models import AccountGate, Installation, Switchboard


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """Calls that had started before a stop: they end by themselves, and no further one starts."""

    campaign_id: int | None
    attempt_ids: list[int]
    # Sentences about what is not off by this: dialers at providers, which are asked until they confirm that they are,
    # and runs of a recurring campaign, which are campaigns of their own.
    unconfirmed: tuple[str, ...] = ()


#: From which states each can be done.
_FROM: dict[str, set[CampaignState]] = {
    "start": {CampaignState.DRAFT, CampaignState.SCHEDULED},
    "pause": {CampaignState.RUNNING, CampaignState.SCHEDULED},
    "resume": {CampaignState.PAUSED},
    "stop": {CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED},
}


def problems_of(*, campaign: Campaign, verb: str, now: datetime) -> list[str]:
    """Return what would keep it from being started, paused, resumed or stopped now; it changes nothing."""
    try:
        _require_state(campaign, verb=verb)
    except UnableToOperate as error:
        return list(error.problems)
    return starting_problems(campaign=campaign, now=now) if verb in ("start", "resume") else []


@transaction.atomic
def start_campaign(*, campaign_id: int, now: datetime, by: str) -> Campaign:
    """Enrol the contacts of the campaign's lists and let it run. Raises UnableToOperate with what must be mended.

    One that starts later, or runs again and again, is SCHEDULED: lifecycle.schedule opens it, and begins its runs.
    """
    campaign = _ready(campaign_id, verb="start", now=now)
    if waits_for_schedule(campaign=campaign, now=now):
        if campaign.state == CampaignState.SCHEDULED:
            raise UnableToOperate(["It waits for its schedule already: change that to begin at another time."])
        move(campaign, to=CampaignState.SCHEDULED, reason=f"Scheduled by {by}", now=now)
        return campaign
    begin_enrolling(campaign_id=campaign_id, now=now)
    # A standing campaign waits for leads that are added one by one.
    if not campaign.is_standing and not campaign.leads.exists():
        raise UnableToOperate(["Its contact lists are empty: upload contacts first."], code="not_ready")
    move(campaign, to=CampaignState.RUNNING, reason=f"Started by {by}", now=now)
    _ring(campaign)
    return campaign


def waits_for_schedule(*, campaign: Campaign, now: datetime) -> bool:
    """Return whether a campaign that is started or resumed now is SCHEDULED, and not RUNNING."""
    return bool(campaign.run_cron) or (campaign.starts_at is not None and campaign.starts_at > now)


@transaction.atomic
def resume_campaign(*, campaign_id: int, now: datetime, by: str) -> Campaign:
    """PAUSED → RUNNING, or SCHEDULED where it waits for its hour. Contacts added meanwhile are enrolled."""
    campaign = _ready(campaign_id, verb="resume", now=now)
    if waits_for_schedule(campaign=campaign, now=now):
        move(campaign, to=CampaignState.SCHEDULED, reason=f"Scheduled again by {by}", now=now)
        return campaign
    begin_enrolling(campaign_id=campaign_id, now=now)
    move(campaign, to=CampaignState.RUNNING, reason=f"Resumed by {by}", now=now)
    _ring(campaign)
    return campaign


def _ready(campaign_id: int, *, verb: str, now: datetime) -> Campaign:
    """Return the campaign, locked, if it may call. Raises UnableToOperate with what must be mended.

    Locked before it is looked at: who takes away what it relies on waits for the same lock, and comes before or after.
    """
    with connection.cursor() as cursor:
        lock_campaigns(cursor, campaign_ids=[campaign_id])
    campaign = Campaign.objects.select_related("account", "template").get(pk=campaign_id)
    _require_state(campaign, verb=verb)
    problems = starting_problems(campaign=campaign, now=now)
    if problems:
        raise UnableToOperate(problems, code="not_ready")
    return campaign


def pause_campaign(*, campaign_id: int, now: datetime, by: str, reason: str = "") -> InFlight:
    """RUNNING → PAUSED; returns when no new request can start, with what is in flight. Takes a second at most."""
    campaign = Campaign.objects.get(pk=campaign_id)
    _require_state(campaign, verb="pause")
    why = f"{BY_A_PERSON}{by}" + (f": {reason}" if reason else "")
    with gates(_accounts(campaign)):
        move(campaign, to=CampaignState.PAUSED, reason=why, now=now)
    return _quiet(campaign_id=campaign_id, now=now)


def stop_campaign(*, campaign_id: int, now: datetime, by: str, reason: str = "") -> InFlight:
    """Any state that is not over → STOPPED: waiting leads are CANCELED; what is in flight ends by itself."""
    campaign = Campaign.objects.get(pk=campaign_id)
    _require_state(campaign, verb="stop")
    why = f"Stopped by {by}" + (f": {reason}" if reason else "")
    with gates(_accounts(campaign)):
        move(campaign, to=CampaignState.STOPPED, reason=why, now=now)
    in_flight = _quiet(campaign_id=campaign_id, now=now)
    cancel_waiting(campaigns=Campaign.objects.filter(pk=campaign_id, state=CampaignState.STOPPED), now=now)
    return in_flight


def set_dialing_allowed(*, allowed: bool, reason: str, by: str, now: datetime) -> InFlight:
    """Turn the kill switch of the whole house. Off: returns when no new request can start, with what is in flight.

    Raises UnableToOperate for on while this database may be a copy: lifecycle.home confirms it first.
    """
    account_ids = list(AccountGate.objects.order_by("account_id").values_list("account_id", flat=True))
    with gates(account_ids):
        installation = Installation.objects.select_for_update().filter(doubt_since__isnull=False).first()
        if installation is not None and allowed:
            raise UnableToOperate(
                ["This database may be a copy: confirm first that it is the only one that dials."],
                code="may_be_a_copy",
            )
        if installation is not None:
            # A person has said stop: confirming the home does not undo that.
            Installation.objects.filter(pk=installation.pk).update(has_switched_off=False)
        was = Switchboard.objects.filter(pk=1, dialing_allowed=False).first() is None
        board, _ = Switchboard.objects.update_or_create(
            pk=1, defaults={"dialing_allowed": allowed, "reason": reason[:200], "changed_by": by[:150]}
        )
        record(
            act=TURN_SWITCH.name,
            what="Allowed all dialing" if allowed else "Stopped all dialing",
            subject=board,
            changes={"dialing_allowed": [was, allowed]},
            reason=reason,
            now=now,
        )
    if not allowed:
        return _quiet(campaign_id=None, now=now)
    for account_id in account_ids:
        ring_account(account_id)
    return InFlight(campaign_id=None, attempt_ids=[])


def _ring(campaign: Campaign) -> None:
    # Nothing is placed on a room that is not known: without this bell the first calls wait up to a second for it.
    ring_capacity()
    ring_campaign(campaign)


def _accounts(campaign: Campaign) -> set[int]:
    """Return the accounts through which its calls may leave, or have left."""
    live = _attempts(campaign.pk).order_by().values_list("account_id", flat=True).distinct()
    return {*campaign.account_ids, *live}


def _require_state(campaign: Campaign, *, verb: str) -> None:
    if campaign.state not in _FROM[verb]:
        raise UnableToOperate([f"It is {campaign.get_state_display().lower()}: there is nothing to {verb}."])


def _quiet(*, campaign_id: int | None, now: datetime) -> InFlight:
    """Give back what was only reserved, wait out what may be leaving, and return what is in flight."""
    wait_out(live=_attempts(campaign_id), now=now)
    dialers = HostedDialer.objects.all() if campaign_id is None else HostedDialer.objects.filter(campaign=campaign_id)
    unconfirmed = switch_off(dialer_ids=not_surely_off(of=dialers))
    ids = _attempts(campaign_id).order_by("id").values_list("id", flat=True)
    unconfirmed += _runs_that_go_on(campaign_id)
    return InFlight(campaign_id=campaign_id, attempt_ids=list(ids), unconfirmed=tuple(unconfirmed))


def _runs_that_go_on(campaign_id: int | None) -> list[str]:
    """Return a sentence for each run of a recurring campaign that still calls: it is stopped by itself."""
    runs = Campaign.objects.filter(parent=campaign_id, state=CampaignState.RUNNING) if campaign_id is not None else []
    return [f"Its run “{run.name}” goes on calling: pause or stop that as well." for run in runs]


def _attempts(campaign_id: int | None) -> QuerySet[Attempt]:
    """Return the live attempts of a campaign or of all."""
    attempts = Attempt.objects.filter(ended_at=None)
    return attempts if campaign_id is None else attempts.filter(campaign_id=campaign_id)
