"""A turn of an account: claim what may be called now, commit that it is being placed, and let the requests begin."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction

from campaigns.claiming.judging import LEAVES_WITHIN
from campaigns.claiming.reserving import Claim, Paced, claim
from campaigns.placing.campaign_pauses import pause_unreadable
from campaigns.placing.clock import ClockWatch
from campaigns.placing.fence import Fence
from campaigns.placing.loop import PlacingLoop
from campaigns.placing.sending import place
from campaigns.placing.unready import pause_unready
from campaigns.states import attempts as attempt_states
from dialer.channels import Channel, Connections
from dialer.encryption import UndecryptableError
from dialer.models import ProviderAccount
from dialer.sql import hot_cursor
from dialer.traces import stages

#: Most calls reserved in one turn: small enough that the first leaves at once.
MOST_PER_TURN = 200


def take_turn(*, account_id: int, placing: PlacingLoop, connections: Connections, clock: ClockWatch) -> float | None:
    """Claim what may be called now and let it leave; runs in a database thread, one turn of an account at a time.

    Return after how many seconds the account's next turn is due, 0 for at once; None: when a bell rings. Whose clock is
    wrong claims nothing, and says so in the heartbeat.
    """
    if not clock.is_right():
        return None
    room = min(MOST_PER_TURN, settings.DIALER_CALLS_IN_FLIGHT - placing.in_flight)
    now = clock.now()
    try:
        # Before anything is reserved: a call that cannot be asked for burns no lead.
        channel = connections.of(account_id)
    except ProviderAccount.DoesNotExist:
        return None
    except UndecryptableError:
        pause_unreadable(account_id=account_id, now=now)
        return None
    departures = placing.departures(account_id)
    paced = Paced(room=departures.room(), lead_seconds=departures.lead_seconds, now=clock.server_now())
    began_ns = time.time_ns()
    claimed = claim(account_id=account_id, now=now, room=room, paced=paced, leaves_at_once=True)
    if claimed.reserved:
        ended_ns = time.time_ns()
        _begin(account_id, claimed, placing, channel, clock=clock, now=now)
        _tell_claimed(claimed, account_id=account_id, began_ns=began_ns, ended_ns=ended_ns)
    if claimed.account is not None:
        pause_unready(campaign_ids=claimed.account.unready, now=now)
    if claimed.wait_seconds is not None:
        return claimed.wait_seconds
    return 0.0 if claimed.more or len(claimed.reserved) == MOST_PER_TURN else None


def _begin(
    account_id: int, claimed: Claim, placing: PlacingLoop, channel: Channel, *, clock: ClockWatch, now: datetime
) -> None:
    opened_at_seconds = claimed.placing_since_seconds
    going = {call.attempt_id for call in claimed.reserved}
    if opened_at_seconds is None:
        opened_at_seconds = time.monotonic()
        with transaction.atomic(), hot_cursor() as cursor:
            going = attempt_states.begin_placing(cursor, account_id=account_id, attempt_ids=sorted(going))
    # What did not go was stopped in between: pausing or reconciling gives it back.
    calls_per_second = claimed.account.calls_per_second if claimed.account is not None else None
    departures = placing.departures(account_id) if calls_per_second is not None else None
    crowded = claimed.account is not None and claimed.account.gate.refusals_in_row > 0
    requests = [
        place(
            call=call,
            account_id=account_id,
            provider=channel.provider,
            config=channel.config,
            client=channel.client,
            fence=Fence(
                opened_at_seconds=opened_at_seconds,
                leaves_at_seconds=clock.seconds_at(call.send_at) if departures is not None else None,
                leave_before=now + LEAVES_WITHIN,
                departures=departures,
            ),
            was_crowded=crowded,
        )
        for call in claimed.reserved
        if call.attempt_id in going
    ]
    if departures is not None and calls_per_second is not None:
        departures.begin(
            count=len(requests),
            calls_per_second=calls_per_second,
            turn_seconds=(datetime.now(UTC) - now).total_seconds(),
        )
    placing.begin(requests)


def _tell_claimed(claimed: Claim, *, account_id: int, began_ns: int, ended_ns: int) -> None:
    """After the requests have begun: they wait for nobody."""
    if not stages.are_told():
        return
    for call in claimed.reserved:
        stages.tell(
            name="claim",
            reference=call.reference,
            began_ns=began_ns,
            ended_ns=ended_ns,
            attempt_id=call.attempt_id,
            lead_id=call.lead.id,
            campaign_id=call.campaign.id,
            account_id=account_id,
        )
