"""What a request to Astradial asks for: click-to-call with every kind of destination, and originate-to-ai.

Facts: "Click to call" of the pages; originate-to-ai and the words of its errors are those of the public server.
"""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from dialer.sandbox.accounts import Account, number_key
from dialer.sandbox.astradial_server import SECOND_LEG_SECONDS, SWITCH_FAULTS
from dialer.sandbox.plans import Asked
from dialer.sandbox.replies import json_reply

AI_PATH = "/api/v1/calls/originate-to-ai"
PLACE_PATHS = ("/api/v1/calls/click-to-call", AI_PATH)
TO_TYPES = ("extension", "queue", "ivr", "ai_agent", "external")
DEFAULT_RING_SECONDS = 30
NUMBER = re.compile(r"\+?\d{7,15}")
EXTENSION = re.compile(r"\d{1,6}")


def asked_of(account: Account, path: str, data: dict[str, Any]) -> Asked:
    """Return what can be read of a request body, right or wrong.

    Who the customer is: whom an AI agent calls; else the outside number, be it called first or second. What is called
    before an outside number is the agent, unless that one is a known target of calls. In the public server a target
    that is an AI agent makes the call one of the AI's.
    """
    by_ai = path == AI_PATH
    first, second = str(data.get("from") or ""), str(data.get("to") or "")
    caller_id = str(data.get("caller_id") or "")
    to_type = str(data.get("to_type") or "extension")
    leads_inside = to_type != "external" or second in (getattr(account.settings, "external_targets", None) or ())
    customer_first = not by_ai and leads_inside and NUMBER.fullmatch(first) is not None
    customer = first if customer_first else second
    agent_first = not by_ai and not customer_first
    variables = data.get("variables")
    variables = {key: str(value) for key, value in variables.items()} if isinstance(variables, dict) else {}
    timeout = data.get("timeout")
    ring = timeout if isinstance(timeout, int | float) else DEFAULT_RING_SECONDS
    ring = SECOND_LEG_SECONDS if agent_first and is_server(account) else ring
    shown_from, shown_to = (caller_id, customer) if by_ai else (first, second)
    if customer_first and getattr(account.settings, "row_parties", "") == "customer":
        shown_from, shown_to = caller_id or second, customer
    is_ai = by_ai or (is_server(account) and customer_first and to_type == "ai_agent")
    return Asked(
        to_number=customer,
        from_number=caller_id,
        reference=variables.get(account.settings.reference_variable, ""),
        agent=first if agent_first else "",
        variables=variables,
        max_ring_seconds=float(ring),
        agent_rings_first=agent_first,
        details={"is_ai": is_ai, "to_type": to_type, "from": first, "from_number": shown_from, "to_number": shown_to},
    )


def is_server(account: Account) -> bool:
    """Return whether the account is as the public server is."""
    return getattr(account.settings, "reply_form", "") == "server"


def bad_request(path: str, data: dict[str, Any]) -> web.Response | None:
    """Return the 400 for a request that is wrong in itself, None if it is right."""
    required = ["to"] if path == AI_PATH else ["from", "to"]
    if any(not isinstance(data.get(field), str) or not data[field] for field in required):
        return json_reply({"error": "Missing required fields", "required": required}, 400)
    if data.get("to_type", "extension") not in TO_TYPES:
        return _invalid(f"to_type must be one of {', '.join(TO_TYPES)}")
    if path == AI_PATH:
        url = data.get("wss_url")
        if url is not None and not (isinstance(url, str) and url.startswith(("wss://", "ws://"))):
            return json_reply({"error": "Invalid WSS URL", "message": "WSS URL must start with wss:// or ws://"}, 400)
    outside = path == AI_PATH or data.get("to_type") == "external"
    if outside and not (NUMBER.fullmatch(data["to"]) or EXTENSION.fullmatch(data["to"])):
        return _invalid("to must be a phone number")
    timeout = data.get("timeout", DEFAULT_RING_SECONDS)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0:
        return _invalid("timeout must be a number of seconds")
    if not isinstance(data.get("variables", {}), dict):
        return _invalid("variables must be an object")
    return None


def failure(account: Account, asked: Asked) -> str | None:
    """Return why the switch cannot call the party that rings first, None if it can."""
    agents = account.settings.agents
    at_switch = SWITCH_FAULTS.get(getattr(account.settings, "switch", ""))
    if at_switch is not None:
        return at_switch
    if agents is not None and asked.agent and asked.agent not in agents:
        return "Extension does not exist" if is_server(account) else "extension not registered"
    caller_ids = account.caller_ids
    if caller_ids is not None and asked.from_number and number_key(asked.from_number) not in caller_ids:
        return "caller ID not found"
    return None


def _invalid(message: str) -> web.Response:
    return json_reply({"error": "Validation Error", "message": message}, 400)
