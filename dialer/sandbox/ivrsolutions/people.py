"""Operations on agents, extensions and DIDs: list, make, switch on and off, buy."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from dialer.sandbox.ivrsolutions.answers import done, error, success, undescribed
from dialer.sandbox.ivrsolutions.asking import Ask, operation
from dialer.sandbox.ivrsolutions.catalog import REGIONS
from dialer.sandbox.replies import json_reply

#: "must contain uppercase, lowercase, number, special char".
STRONG = re.compile(r"(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^A-Za-z0-9]).+")
WEAK = "Password must have one uppercase, one lowercase, one number and one special character"
FOR_SALE = tuple(f"+9111431045{place:02d}" for place in range(1, 6))
SIP_FIELDS = ("call_forwarding", "connection", "password", "recording_id")


@operation("GET /api/get_agents")
@operation("POST /api/get_extension")
def get_agents(ask: Ask) -> web.Response:
    """List the agents."""
    return undescribed(ask.account, list(ask.state.catalog.all_agents(ask.account).values()), key="ext_no")


@operation("POST /api/get_extension_details", "ext_no")
def get_extension_details(ask: Ask) -> web.Response:
    """Answer with one agent."""
    agent = _agent(ask, "ext_no")
    return success(agent) if agent else error(ask.account, 404, "Extension not found")


@operation("POST /api/enable_disable_users", "ext_no", "status")
def enable_disable_users(ask: Ask) -> web.Response:
    """Switch an agent on or off."""
    status = ask.text("status")
    if status not in ("0", "1"):
        return error(ask.account, 400, "status must be 0 or 1")
    return _switch(ask, is_active=status == "1")


@operation("POST /api/deactivate_group_user", "ext_no")
def deactivate_group_user(ask: Ask) -> web.Response:
    """Switch an agent off."""
    return _switch(ask, is_active=False)


@operation("POST /api/set_expiry", "ext_no", "expiry_date")
def set_expiry(ask: Ask) -> web.Response:
    """Keep the day on which an extension ends."""
    agent = _agent(ask, "ext_no")
    if agent is None:
        return error(ask.account, 404, "Extension not found")
    ask.state.catalog.agents[agent["ext_no"]] = {**agent, "expiry_date": ask.text("expiry_date")}
    return success()


@operation("POST /ivrappv2/addagent", "name", "email", "phonenumber", "password")
def addagent(ask: Ask) -> web.Response:
    """Make an agent with the next free extension."""
    agents = ask.state.catalog.all_agents(ask.account)
    if not STRONG.fullmatch(ask.text("password")):
        return error(ask.account, 400, WEAK)
    if any(agent["phone"] == ask.text("phonenumber") for agent in agents.values()):
        return error(ask.account, 400, "Phone number already exits.")
    extension = str(max((int(known) for known in agents if known.isdecimal()), default=2100) + 1)
    made = _add_agent(ask, extension, ask.text("name"), ask.text("email"), ask.text("phonenumber"))
    shown = {name: made[name] for name in ("agent_id", "ext_no", "name", "email")}
    return done("Agent added successfully", data=shown)


@operation("POST /api/add_group_user", *SIP_FIELDS, "did_no")
@operation("POST /api/add_manage_did", *SIP_FIELDS)
@operation("POST /api/manage_group_did", *SIP_FIELDS, "kyc_required")
@operation("POST /api/manage_group_did_as_sipuser", *SIP_FIELDS, "kyc_required")
def provision(ask: Ask) -> web.Response:
    """Make or change an extension with its DID."""
    extension = ask.text("extn_no")
    if extension:
        made = _add_agent(ask, extension, ask.text("name"), ask.text("email"), ask.text("phone"))
        if ask.text("expiry_date"):
            made["expiry_date"] = ask.text("expiry_date")
        ask.state.catalog.agent_dids[extension] = ask.text("did_no")
    return success()


@operation("POST /ivrappv2/update_agent_did", "agent_ext", "did_num")
def update_agent_did(ask: Ask) -> web.Response:
    """Give an agent another DID."""
    agent = _agent(ask, "agent_ext")
    if agent is None:
        return error(ask.account, 404, "Agent Number not found.")
    ask.state.catalog.agent_dids[agent["ext_no"]] = ask.text("did_num")
    return done("Agent DID updated successfully")


@operation("POST /v1/agent_login_token", "token", "username", "password")
def agent_login_token(ask: Ask) -> web.Response:
    """Answer with credentials of a softphone."""
    extension = ask.text("extention", "2101")
    return success({"login_token": f"sandbox-{extension}", "ext_no": extension, "sip_domain": "sip.sandbox.example"})


@operation("POST /ivrappv2/get_dids")
def get_dids_v2(ask: Ask) -> web.Response:
    """List the DIDs."""
    return json_reply({"status": True, "data": ask.state.catalog.all_dids(ask.account)})


@operation("POST /api/get_dids")
def get_dids(ask: Ask) -> web.Response:
    """List the DIDs."""
    return success(ask.state.catalog.all_dids(ask.account))


@operation("POST /api/get_live_did")
@operation("POST /api/get_live_did_agent")
def get_live_did(ask: Ask) -> web.Response:
    """List the DIDs with the calls that are live on each."""
    ask.account.look_up("capacity")
    live = {number: meter.live for number, meter in ask.account.dids.items()}
    dids = ask.state.catalog.all_dids(ask.account)
    rows = [{**did, "live_calls": live.get(did["did_number"], 0)} for did in dids]
    return undescribed(ask.account, rows, key="did_number")


@operation("GET /ivrappv2/get_did_region")
def get_did_region(ask: Ask) -> web.Response:
    """List the regions that have numbers."""
    regions = [{"id": place, "name": name, "code": code} for place, (name, code) in enumerate(REGIONS, start=1)]
    return done("Region found successfully", data=regions)


@operation("POST /ivrappv2/search_dids", "country_code", "region")
def search_dids(ask: Ask) -> web.Response:
    """List the numbers that can be bought."""
    found = _for_sale(ask, ask.text("pattern"))
    if not found:
        return error(ask.account, 404, "No numbers found")
    return done("Numbers found", cost="500", currency="INR", data=found)


@operation("POST /api/get_available_dids")
def get_available_dids(ask: Ask) -> web.Response:
    """List the numbers that can be bought."""
    return success(_for_sale(ask, ask.text("pattern_last_digits")))


@operation("POST /ivrappv2/buy_did", "country", "number")
def buy_did(ask: Ask) -> web.Response:
    """Buy a number."""
    number = ask.text("number")
    if number not in _for_sale(ask, ""):
        return error(ask.account, 400, "Insufficient balance")
    ask.state.catalog.dids.append(number)
    return done("Did added to your account", data=number)


def _agent(ask: Ask, name: str) -> dict[str, Any] | None:
    return ask.state.catalog.all_agents(ask.account).get(ask.text(name))


def _switch(ask: Ask, *, is_active: bool) -> web.Response:
    agent = _agent(ask, "ext_no")
    if agent is None:
        return error(ask.account, 404, "Agent Number not found.")
    ask.state.catalog.agents[agent["ext_no"]] = {**agent, "status": "active" if is_active else "inactive"}
    return done(f"Agent {'enabled' if is_active else 'disabled'} successfully")


def _add_agent(ask: Ask, extension: str, name: str, email: str, phone: str) -> dict[str, Any]:
    made = {
        "agent_id": 500 + len(ask.state.catalog.agents),
        "ext_no": extension,
        "name": name,
        "email": email,
        "phone": phone,
        "status": "active",
    }
    ask.state.catalog.agents[extension] = made
    return made


def _for_sale(ask: Ask, pattern: str) -> list[str]:
    taken = ask.state.catalog.dids
    return [number for number in FOR_SALE if number not in taken and pattern in number]
