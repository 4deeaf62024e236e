"""A placement as a request of Astradial: who rings first, where that leads, and the variables of the call.

Variables go into the switch's manager protocol as ``k=v`` joined by commas, unescaped (the public server's source): a
comma would cut the value and set another variable. Control characters are in no placement; see ``Placement``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dialer.providers import building
from dialer.providers.base import AccountConfig, Action, AgentKind, Placement

# "to_type: extension, queue, ivr, ai_agent, or external".
TARGETS = ("extension", "queue", "ivr", "ai_agent", "external")
#: The switch gives the value of this variable back as ``to_number`` of an AI call's pushes.
ECHOED = "DID_NUMBER"
#: What a target's name is made of in a dial plan; a blank or comma would begin something else.
_TARGET = re.compile(r"[^\s,]+")
_NAME = re.compile(r"[^\s,=]+")


def body(account: AccountConfig, placement: Placement) -> dict[str, Any]:
    """Return the body of click-to-call or originate-to-ai. Raises ValueError naming the option that is no good."""
    made = _to_ai(account, placement) if placement.action is Action.AI_AGENT else _click_to_call(account, placement)
    made["timeout"] = placement.max_ring_seconds
    if placement.from_number:
        made["caller_id"] = placement.from_number
    return made


def dialed(account: AccountConfig, e164: str) -> str:
    """Return a number as the account's trunk wants it."""
    return building.number(e164, number_format=str(account.settings.get("number_format") or "national"))


def _click_to_call(account: AccountConfig, placement: Placement) -> dict[str, Any]:
    """Return who rings first and where it leads: an agent to the customer, or the customer to a target."""
    customer = dialed(account, placement.to_number)
    if placement.action is Action.CONNECT_AGENT:
        first = _agent(account, placement)
        return {"from": first, "to": customer, "to_type": "external", "variables": _variables(placement, {})}
    target, to_type = placement.options.get("target"), placement.options.get("to_type") or "queue"
    if not target:
        raise ValueError("target")
    if to_type not in TARGETS:
        raise ValueError(f"to_type: one of {', '.join(TARGETS)}")
    variables = _variables(placement, {}, is_ai=to_type == "ai_agent")
    return {"from": customer, "to": _target(str(target), "target"), "to_type": to_type, "variables": variables}


def _agent(account: AccountConfig, placement: Placement) -> str:
    agent = placement.agent
    if agent is None or not agent.value or agent.kind is AgentKind.USERNAME:
        raise ValueError("agent: Astradial reaches agents by extension or number")
    return _target(agent.value, "agent") if agent.kind is AgentKind.EXTENSION else dialed(account, agent.value)


def _target(value: str, name: str) -> str:
    """Return whom the switch is to call. Nothing is cut out of it, as what is left would name somebody else."""
    if not _TARGET.fullmatch(value):
        raise ValueError(f"{name}: holds a blank or a comma")
    return value


def _to_ai(account: AccountConfig, placement: Placement) -> dict[str, Any]:
    wss_url = str(placement.options.get("wss_url") or "")
    if not wss_url.startswith(("wss://", "ws://")):  # the server's own rule
        raise ValueError("wss_url: must start with wss:// or ws://")
    names = [name.strip() for name in str(placement.options.get("variable_names") or "").split(",")]
    chosen = {name: placement.variables[name] for name in names if name in placement.variables}
    variables = _variables(placement, chosen, is_ai=True)
    return {
        "to": dialed(account, placement.to_number),
        "wss_url": _target(wss_url, "wss_url"),
        "variables": variables,
    }


def _variables(placement: Placement, chosen: Mapping[str, Any], *, is_ai: bool = False) -> dict[str, str]:
    """Return the variables of a call, ours last, so that no contact's can stand in their place."""
    wrong = next((name for name in chosen if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        raise ValueError(f"variable_names: {wrong!r} holds a blank or =")
    ours = {"dialer_reference": placement.reference} | ({ECHOED: placement.reference} if is_ai else {})
    return {name: _value(value) for name, value in chosen.items()} | ours


def _value(value: Any) -> str:
    """Return a value of one variable: a comma would begin another one."""
    return " ".join(str(value).replace(",", " ").split()) if "," in str(value) else str(value)
