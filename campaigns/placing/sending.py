"""Places one reserved call: builds the request, sends it once, and says what the answer means."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import structlog

from campaigns.claiming.new_attempts import Reserved
from campaigns.placing.fence import Fence
from campaigns.placing.results import Placed, Unsent
from campaigns.placing.variables import call_variables
from dialer.encryption import UndecryptableError, opened
from dialer.http.client import NotSent, ProviderClient, Unanswered
from dialer.providers import rereading
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
from dialer.traces import stages
from dialer.traces.stage import REQUEST

log = structlog.get_logger(__name__)


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
    began_ns = time.time_ns()
    with structlog.contextvars.bound_contextvars(trace_id=stages.trace_id(call.reference)):
        try:
            result = await _place(call=call, provider=provider, config=config, client=client, fence=fence)
        except Exception as error:  # a fault of ours after the request may have left: never a second request
            log.exception("placing failed", attempt_id=call.attempt_id)
            result = Unclear(detail=f"Error while placing: {type(error).__name__}")
        finally:
            fence.close()
    placed = Placed(
        attempt_id=call.attempt_id,
        account_id=account_id,
        campaign_id=call.campaign.id,
        result=result,
        was_crowded=was_crowded,
        has_agent=call.agent is not None,
    )
    if stages.are_told():
        about: dict[str, Any] = {"attempt_id": call.attempt_id, "account_id": account_id, "result": placed.word}
        stages.tell(name="place", reference=call.reference, began_ns=began_ns, **about)
    return placed


#: Said of a template of which a secret option is opened by no key.
UNREADABLE = (
    "nothing was asked, as a secret option of the template cannot be read: put the key of that time back into "
    "DIALER_ENCRYPTION_KEYS and restart, or enter the option again"
)


async def _place(
    *, call: Reserved, provider: Provider, config: AccountConfig, client: ProviderClient, fence: Fence
) -> PlaceResult | Unsent:
    request = _request(call=call, provider=provider, config=config)
    if isinstance(request, Refused):
        return request
    while True:
        await asyncio.sleep(fence.wait_seconds)
        began_ns = time.time_ns()
        try:
            reply = await client.send(request, may_send=fence)
        except NotSent as error:
            _tell_request(call, began_ns=began_ns, answer="not sent")
            unsent = Unsent(detail=error.reason, is_our_choice=fence.refused)
            # Not one byte left, so that a later time is no second request.
            if not await fence.has_later():
                return unsent
        except Unanswered as error:
            _tell_request(call, began_ns=began_ns, answer="none")
            return Unclear(detail=error.reason)
        else:
            _tell_request(call, began_ns=began_ns, answer=reply.status)
            return rereading.placed(provider=provider, reply=reply)


def _tell_request(call: Reserved, *, began_ns: int, answer: str | int) -> None:
    """Tell of one request: its status, or that there was none."""
    if stages.are_told():
        about: dict[str, Any] = {"attempt_id": call.attempt_id, "answer": str(answer)}
        stages.tell(name=REQUEST, reference=call.reference, began_ns=began_ns, **about)


def _request(*, call: Reserved, provider: Provider, config: AccountConfig) -> ProviderRequest | Refused:
    try:
        return provider.build_place(account=config, placement=placement(call))
    except UndecryptableError:
        return Refused(reason=Refusal.CREDENTIALS, detail=UNREADABLE)
    except (ValueError, TypeError, KeyError) as error:
        return Refused(reason=Refusal.INVALID_REQUEST, detail=f"The request cannot be built: {error}")


def placement(call: Reserved) -> Placement:
    """Return the call in the provider contract's words."""
    campaign, lead = call.campaign, call.lead
    agent = AgentAddress(kind=AgentKind(call.agent[0]), value=call.agent[1]) if call.agent else None
    return Placement(
        reference=str(call.reference),
        to_number=lead.number,
        from_number=call.did_number,
        action=Action(campaign.action),
        options=opened(campaign.options),
        variables=call_variables(
            name=lead.name,
            external_reference=lead.external_reference,
            number=lead.number,
            own=lead.variables,
            names=campaign.variable_names,
        ),
        agent=agent,
        max_ring_seconds=campaign.max_ring_seconds,
        record=campaign.record,
    )
