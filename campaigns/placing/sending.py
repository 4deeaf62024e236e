"""Places one reserved call: builds the request, sends it once, and says what the answer means."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from campaigns.claiming.reserving import Reserved
from dialer.http.client import NotSent, ProviderClient, Unanswered
from dialer.providers.base import (
    AccountConfig,
    Action,
    AgentAddress,
    AgentKind,
    Placement,
    PlaceResult,
    Provider,
    ProviderRequest,
    Refusal,
    Refused,
    Unclear,
)

log = structlog.get_logger(__name__)

#: From the commit of PLACING, a request leaves within this time or never; pausing waits for as long at most.
SEND_WITHIN_SECONDS = 1.0
#: With a limit of calls per second, a request that is later than this gives up its turn: late ones would bunch.
RATE_LATENESS_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """Nothing left us: the lead goes back, the slot is free. ``is_our_choice``: a fence said no, nothing is down."""

    detail: str
    is_our_choice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What came of one request."""

    attempt_id: int
    account_id: int
    campaign_id: int
    result: PlaceResult | Unsent
    # Whether the account had turned calls away just before: then an accepted one is news.
    was_crowded: bool = False
    # Whether the call was to ring an agent of ours: it is the agent who rests where nobody is there.
    has_agent: bool = False


class Fence:
    """Says, at the last moment before the first byte, whether a request may still leave."""

    def __init__(
        self, *, opened_at_seconds: float, send_at: datetime | None, leave_before: datetime | None = None
    ) -> None:
        """``leave_before``: until then the hours are surely open, as claiming has judged them."""
        self._last_seconds = opened_at_seconds + SEND_WITHIN_SECONDS
        self._send_at = send_at
        self._leave_before = leave_before
        self.refused = False

    def __call__(self) -> bool:
        """Return whether the request may leave now."""
        now = _now()
        late = self._send_at is not None and (now - self._send_at).total_seconds() > RATE_LATENESS_SECONDS
        closed = self._leave_before is not None and now >= self._leave_before
        self.refused = late or closed or time.monotonic() > self._last_seconds
        return not self.refused


def _now() -> datetime:
    return datetime.now(UTC)


async def place(
    *,
    call: Reserved,
    account_id: int,
    provider: Provider,
    config: AccountConfig,
    client: ProviderClient,
    fence: Fence,
    was_crowded: bool = False,
) -> Placed:
    """Send one call's request, once, at its time. Never raises: what went wrong is the result."""
    result: PlaceResult | Unsent
    try:
        result = await _place(call=call, provider=provider, config=config, client=client, fence=fence)
    except Exception as error:  # a fault of ours after the request may have left: never a second request
        log.exception("placing failed", attempt_id=call.attempt_id)
        result = Unclear(detail=f"Error while placing: {type(error).__name__}")
    return Placed(
        attempt_id=call.attempt_id,
        account_id=account_id,
        campaign_id=call.campaign.id,
        result=result,
        was_crowded=was_crowded,
        has_agent=call.agent is not None,
    )


async def _place(
    *, call: Reserved, provider: Provider, config: AccountConfig, client: ProviderClient, fence: Fence
) -> PlaceResult | Unsent:
    request = _request(call=call, provider=provider, config=config)
    if isinstance(request, Refused):
        return request
    wait = (call.send_at - _now()).total_seconds()
    if wait > 0:
        await asyncio.sleep(wait)
    try:
        reply = await client.send(request, may_send=fence)
    except NotSent as error:
        return Unsent(detail=error.reason, is_our_choice=fence.refused)
    except Unanswered as error:
        return Unclear(detail=error.reason)
    return provider.parse_place(reply=reply)


def _request(*, call: Reserved, provider: Provider, config: AccountConfig) -> ProviderRequest | Refused:
    try:
        return provider.build_place(account=config, placement=placement(call))
    except (ValueError, TypeError, KeyError) as error:
        return Refused(reason=Refusal.INVALID_REQUEST, detail=f"The request cannot be built: {error}")


def placement(call: Reserved) -> Placement:
    """Return the call in the provider contract's words."""
    campaign = call.campaign
    agent = AgentAddress(kind=AgentKind(call.agent[0]), value=call.agent[1]) if call.agent else None
    return Placement(
        reference=str(call.reference),
        to_number=call.lead.number,
        from_number=call.did_number,
        action=Action(campaign.action),
        options=campaign.options,
        variables=variables(call),
        agent=agent,
        max_ring_seconds=campaign.max_ring_seconds,
        record=campaign.record,
    )


def variables(call: Reserved) -> dict[str, str]:
    """Return the variables that a call is given: the template's map, or all of the contact's under their own names."""
    lead = call.lead
    return call_variables(
        name=lead.name,
        external_reference=lead.external_reference,
        number=lead.number,
        own=lead.variables,
        names=call.campaign.variable_names,
    )


def call_variables(
    *, name: str, external_reference: str, number: str, own: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, str]:
    """Return what a call gets of ``own``, the contact's variables, by the template's map ``names`` if there is one."""
    own = {"name": name, "external_reference": external_reference, **own, "number": number}
    if names:
        return {theirs: _text(own.get(ours, "")) for theirs, ours in names.items()}
    return {name: _text(value) for name, value in own.items() if value not in (None, "") and name != "number"}


def _text(value: Any) -> str:
    return "" if value is None else str(value)
