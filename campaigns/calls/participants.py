"""Rings another party into a live call: a warm transfer, or a conference of three. Asked for once, never repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db.models import Q

from campaigns.models import Attempt, PossibleOptOut, SuppressedNumber
from dialer.accounts.asking import ask
from dialer.home.allowing import is_dialing_allowed
from dialer.http.client import NotSent, Unanswered
from dialer.providers import rereading
from dialer.providers.base import Accepted, Leg, Refused

log = structlog.get_logger(__name__)

LONGEST_RING_SECONDS = 120


class UnableToJoin(Exception):
    """Nobody was rung, and why. ``may_have_rung``: that is not certain, so it must not be asked for again blindly."""

    def __init__(self, reason: str, *, may_have_rung: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_have_rung = may_have_rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A party that is being rung. ``leg_id`` is the provider's."""

    leg_id: str | None


def add_participant(*, attempt: Attempt, number: str, now: datetime, by: str, max_ring_seconds: int = 30) -> Joined:
    """Ring ``number`` (E.164) into the attempt's call. Raises UnableToJoin."""
    account = attempt.account
    _refuse_unless_able(attempt, number=number, now=now)
    request = account.api.build_add_leg(
        account=account.config,
        external_id=attempt.external_id or "",
        number=number,
        max_ring_seconds=min(max(max_ring_seconds, 1), LONGEST_RING_SECONDS),
    )
    try:
        result = rereading.leg_added(provider=account.api, reply=ask(account=account, request=request))
    except NotSent as failure:
        raise UnableToJoin(f"{account.api.name} is not reached: {failure.reason}.") from failure
    except Unanswered as failure:
        raise UnableToJoin("No clear answer: the number may be ringing.", may_have_rung=True) from failure
    if isinstance(result, Accepted):
        log.info("participant added", attempt_id=attempt.pk, leg_id=result.external_id, by=by)
        return Joined(leg_id=result.external_id)
    if isinstance(result, Refused):
        raise UnableToJoin(f"{account.api.name} refuses: {result.detail}.")
    raise UnableToJoin(f"No clear answer ({result.detail}): the number may be ringing.", may_have_rung=True)


def legs_of(*, attempt: Attempt) -> tuple[Leg, ...]:
    """Return the parties of the attempt's call as the provider has them now. Raises UnableToJoin."""
    account = attempt.account
    if not account.api.capabilities.adds_participants or not attempt.external_id:
        raise UnableToJoin(f"{account.api.name} does not tell the parties of this call.")
    request = account.api.build_poll(account=account.config, external_id=attempt.external_id)
    try:
        return rereading.legs(provider=account.api, reply=ask(account=account, request=request))
    except (NotSent, Unanswered) as failure:
        raise UnableToJoin(f"{account.api.name} does not answer: {failure.reason}.") from failure


def _refuse_unless_able(attempt: Attempt, *, number: str, now: datetime) -> None:
    """Raise UnableToJoin where nobody may be rung: the call is over, the house is stopped, the number suppressed."""
    name = attempt.account.api.name
    if not attempt.account.api.capabilities.adds_participants:
        raise UnableToJoin(f"{name} cannot add a party to a call.")
    if attempt.ended_at is not None or not attempt.external_id:
        raise UnableToJoin("The call is not under way.")
    if not is_dialing_allowed():
        raise UnableToJoin("Dialing is stopped on the switchboard.")
    held = SuppressedNumber.objects.filter(number=number, suppression_list__applies_to_all=True)
    if held.filter(Q(until=None) | Q(until__gt=now)).exists():
        raise UnableToJoin("The number is suppressed: it must not be called.")
    if PossibleOptOut.objects.filter(number=number, decided_at=None).exists():
        raise UnableToJoin("The number is held: somebody must decide first whether its person refuses calls.")
