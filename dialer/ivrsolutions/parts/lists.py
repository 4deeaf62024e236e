"""The lists of an account: every operation of the document that lists what an account has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dialer.ivrsolutions import agents, contacts, dialers, dialing, notes, numbers, templates, voicebots
from dialer.ivrsolutions.answers import found_nothing
from dialer.ivrsolutions.operation import Operation
from dialer.ivrsolutions.records import AgentRecord, DidRecord, HostedDialer, Item
from dialer.providers.base import AccountConfig, Answer, ProviderReply, Question, Rows, Unclear
from dialer.providers.parts.lists import Kind, Listed


def _item(item: Item) -> Listed | None:
    found = item.id or item.name
    if not found:
        return None
    return Listed(external_id=found, name=item.name or "", status=item.status or "", details=item.raw)


def _agent(agent: AgentRecord) -> Listed | None:
    if not agent.ext_no:
        return None
    status = str(agent.raw.get("status") or "")
    return Listed(external_id=agent.ext_no, name=agent.name or "", status=status, details=agent.raw)


def _did(did: DidRecord) -> Listed | None:
    if not did.number:
        return None
    status = str(did.raw.get("status") or "")
    return Listed(external_id=did.number, name=did.region or "", status=status, details=did.raw)


def _dialer(dialer: HostedDialer) -> Listed | None:
    if dialer.id is None:
        return None
    status = "" if dialer.is_on is None else "on" if dialer.is_on else "off"
    return Listed(external_id=str(dialer.id), name=dialer.name or "", status=status, details=dialer.raw)


Reader = Callable[[Any], Listed | None]
SOURCES: Mapping[Kind, tuple[Operation[[], Any], Reader]] = {
    "CALL_FLOW": (dialing.get_call_flows, _item),
    "VOICE_BOT": (voicebots.get_voicebots, _item),
    "TEXT_TEMPLATE": (templates.get_text_templates, _item),
    "AGENT": (agents.get_agents, _agent),
    "EXTENSION": (agents.get_extensions, _agent),
    "DID": (numbers.get_linked_dids, _did),
    "LIVE_DID": (numbers.get_live_dids, _did),
    "CUSTOMER_LIST": (dialers.get_customer_lists, _item),
    "DISPOSITION": (notes.get_remark_options, _item),
    "VARIABLE": (contacts.get_variables, _item),
    "HOSTED_DIALER": (dialers.get_dialers, _dialer),
}


class AccountLists:
    """The part ``lists``."""

    kinds = tuple(SOURCES)

    def listing(self, *, account: AccountConfig, kind: Kind) -> Question[Rows[Listed]]:
        """Return the operation that lists a kind."""
        operation, read = SOURCES[kind]
        return Question(request=operation(account), read=lambda reply: _rows(operation, read, reply))


def _rows(operation: Operation[[], Any], read: Reader, reply: ProviderReply) -> Answer[Rows[Listed]]:
    """Return the rows of a list: none only where the reply itself says that there are none."""
    if found_nothing(reply=reply):
        return Answer(value=Rows.of(()))
    answer = operation.parse(reply=reply)
    if answer.problem is not None:
        return Answer(problem=answer.problem, message=answer.message)
    # An empty one may have unread rows: it is no None.
    given: Rows[Any] = Rows() if answer.value is None else answer.value
    rows = [row for row in map(read, given) if row is not None]
    unread = given.unread + len(given) - len(rows)
    if not rows and unread:
        return Answer(problem=Unclear(detail=f"The reply says success, and none of its {unread} rows can be read"))
    return Answer(value=Rows.of(rows, unread=unread))
