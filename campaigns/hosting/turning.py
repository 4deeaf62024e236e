"""One turn of a hosted campaign: switch, prepare, hand numbers over, end what is left. Safe to repeat at any time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from django.db.models import Exists, OuterRef, Q

from campaigns.hosting.adding import add_batch, ahead
from campaigns.hosting.ending import end_rest
from campaigns.hosting.lines import let_lines_go
from campaigns.hosting.preparing import hosting_start_problems, prepare
from campaigns.hosting.provider import Unable
from campaigns.hosting.reading import dialer_of, did_of, fresh, live_attempts, read, wish_of
from campaigns.hosting.resolving import has_open_batch, resolve
from campaigns.hosting.switching import follow
from campaigns.models import Attempt, Campaign, CampaignState, HostedDialer, NoticeKind, RunsOn
from campaigns.placing.campaign_pauses import pause_with_notice
from campaigns.placing.unready import pause_unready, reason_of
from dialer.advisory_locks import AdvisoryLock
from dialer.encryption import UndecryptableError
from dialer.held_locks import held_if_free
from dialer.home.allowing import is_at_home
from dialer.sql import hot_cursor

log = structlog.get_logger(__name__)

#: Most batches of one turn; the next turn follows at once.
BATCHES_PER_TURN = 10
#: How often the provider's list is read while numbers wait there, and how long a failure is let rest.
READ_EVERY_SECONDS = 15
REST_SECONDS = 3
IDLE_SECONDS = 1
#: What is said of a dialer whose provider cannot be asked for it.
UNREADABLE = "The account's stored credentials cannot be read: its page says what to do."


def due_dialers(*, now: datetime) -> list[int]:
    """Return the dialers that have something to do; running campaigns without one get theirs."""
    for campaign in Campaign.objects.filter(
        runs_on=RunsOn.PROVIDER, state=CampaignState.RUNNING, hosted_dialer__isnull=True
    ):
        dialer_of(campaign)
    live = Attempt.objects.filter(account=OuterRef("account"), campaign=OuterRef("campaign"), ended_at=None)
    found = HostedDialer.objects.filter(
        Q(campaign__state=CampaignState.RUNNING)
        | ~Q(is_on=False)
        | Q(is_on__isnull=True)
        | Q(holds_lines=True)
        | Exists(live),
        next_turn_at__lte=now,
    )
    return list(found.order_by("id").values_list("id", flat=True))


def turn(*, dialer_id: int) -> None:
    """Do what there is to do for one dialer, if nobody else does it."""
    with held_if_free(AdvisoryLock.HOSTED_TURN, which=dialer_id, wait_seconds=0) as mine:
        if not mine:
            return
        try:
            seconds = _turn(dialer_id)
        except (Unable, UndecryptableError) as error:
            detail = error.detail if isinstance(error, Unable) else UNREADABLE
            log.warning("hosted dialer not served", dialer_id=dialer_id, detail=detail)
            HostedDialer.objects.filter(pk=dialer_id).update(problem=detail[:300])
            seconds = REST_SECONDS
        else:
            if seconds <= IDLE_SECONDS:
                HostedDialer.objects.filter(pk=dialer_id, next_turn_at__lte=datetime.now(UTC)).exclude(
                    problem=""
                ).update(problem="")
        now = datetime.now(UTC)
        HostedDialer.objects.filter(pk=dialer_id, next_turn_at__lte=now).update(
            next_turn_at=now + timedelta(seconds=seconds)
        )


def _turn(dialer_id: int) -> float:
    """Return after how many seconds the next turn is due. Raises Unable."""
    if not is_at_home():
        # A copy leaves the dialer to the original: it switches nothing, and reads nothing into what it finds there.
        return float(REST_SECONDS)
    now = datetime.now(UTC)
    _pause_unready(fresh(dialer_id).campaign, now)
    dialer = fresh(dialer_id)
    did = did_of(dialer)
    is_wished = wish_of(dialer, did=did, now=now).is_on
    seconds = float(IDLE_SECONDS)
    # Off comes before everything else, on after the first numbers are there.
    if not is_wished and follow(dialer_id=dialer_id):
        seconds = float(REST_SECONDS)
    if is_wished:
        prepare(dialer, did=did, now=now)
        seconds = _hand_over(dialer)
        follow(dialer_id=dialer_id)
    _look_after(dialer_id, is_wished=is_wished)
    return seconds


def _pause_unready(campaign: Campaign, now: datetime) -> None:
    """Pause a campaign to which its start would object as it is now: its dialer is switched off, nothing goes there."""
    if campaign.state != CampaignState.RUNNING or pause_unready(campaign_ids=[campaign.pk], now=now):
        return
    if problems := hosting_start_problems(campaign=campaign):
        with hot_cursor() as cursor:
            pause_with_notice(
                cursor, campaign_id=campaign.pk, kind=NoticeKind.NOT_READY, reason=reason_of(problems), now=now
            )


def _hand_over(dialer: HostedDialer) -> float:
    for _ in range(BATCHES_PER_TURN):
        now = datetime.now(UTC)
        room = ahead(dialer) - live_attempts(dialer)
        if room < 1 or not (dialer.campaign.leads.filter(state="PENDING", next_attempt_at__lte=now).exists()):
            return IDLE_SECONDS
        # The count before a batch tells later whether it arrived.
        read(dialer, now=now)
        if resolve(dialer=dialer, now=now):
            return IDLE_SECONDS
        if not add_batch(dialer=dialer, room=room, now=now):
            return IDLE_SECONDS
    return 0.0


def _look_after(dialer_id: int, *, is_wished: bool) -> None:
    """Read the provider's list when it is due, settle batches by it, and end what is left."""
    now = datetime.now(UTC)
    dialer = fresh(dialer_id)
    live = live_attempts(dialer)
    if not is_wished:
        let_lines_go(dialer=dialer, has_live=bool(live), now=now)
    every = timedelta(seconds=min(READ_EVERY_SECONDS, dialer.account.poll_after_seconds))
    is_due = dialer.read_at is None or now - dialer.read_at >= every or has_open_batch(dialer)
    if not live or dialer.external_id is None or not is_due:
        return
    if read(dialer, now=now) is None and dialer.is_on is False:
        # Off for good: nothing of it is left at the provider.
        dialer.pending_numbers = 0
        dialer.save(update_fields=["pending_numbers"])
    resolve(dialer=dialer, now=now)
    end_rest(dialer=dialer, now=now)
