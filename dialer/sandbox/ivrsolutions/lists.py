"""Operations on what an account has: flows, bots, templates, customer lists, contacts, variables, webhook."""

from __future__ import annotations

from time import time
from typing import Any

from aiohttp import web

from dialer.sandbox.accounts import number_key
from dialer.sandbox.ivrsolutions.answers import done, error, listing, success, undescribed
from dialer.sandbox.ivrsolutions.asking import Ask, operation
from dialer.sandbox.ivrsolutions.catalog import BOTS, FLOWS, VARIABLES, Template
from dialer.sandbox.ivrsolutions.records import local_time


@operation("GET /api/get_callflow")
def get_callflow(ask: Ask) -> web.Response:
    """List the call flows."""
    given = ask.settings.flows
    flows = FLOWS if given is None else [(flow, f"Flow {flow}", "") for flow in given]
    return listing([{"id": _id(flow), "name": name, "description": text} for flow, name, text in flows])


@operation("POST /api/get_voicebot")
@operation("POST /v1/get_voicebots")
def get_voicebots(ask: Ask) -> web.Response:
    """List the voice bots."""
    return undescribed(ask.account, [{"id": _id(bot), "name": f"Bot {bot}"} for bot in _bots(ask)])


@operation("POST /v1/get_voicebot_data", "voicebot_id")
def get_voicebot_data(ask: Ask) -> web.Response:
    """Answer with one voice bot."""
    bot = ask.text("voicebot_id")
    if bot not in _bots(ask):
        return error(ask.account, 404, "Voice bot not found")
    training: dict[str, Any] = {"training": []} if ask.text("aitraingdata") == "1" else {}
    return success({"id": _id(bot), "name": f"Bot {bot}", "system_msg": "You are a helpful assistant.", **training})


@operation("POST /api/create_text_template", "template_name", "text_content")
def create_text_template(ask: Ask) -> web.Response:
    """Make a template, which is pending until it is approved."""
    name, known = ask.text("template_name"), ask.state.catalog.all_templates(ask.account)
    if name in known:
        return error(ask.account, 400, "Template name already exists")
    wait = ask.settings.template_approval_seconds / ask.exchange.time_factor
    template = Template(id=101 + len(known), text=ask.text("text_content"), approved_at=time() + wait)
    ask.state.catalog.templates[name] = template
    return success(_template_json(name, template))


@operation("POST /api/check_text_template_status", "template_name")
def check_text_template_status(ask: Ask) -> web.Response:
    """Answer whether a template is approved."""
    name = ask.text("template_name")
    template = ask.state.catalog.all_templates(ask.account).get(name)
    if template is None:
        return error(ask.account, 404, "Template not found")
    return success(_template_json(name, template))


@operation("GET /api/get_text_template_list")
def get_text_template_list(ask: Ask) -> web.Response:
    """List the templates."""
    templates = ask.state.catalog.all_templates(ask.account)
    return undescribed(ask.account, [_template_json(name, template) for name, template in templates.items()])


@operation("GET /api/customerlist")
def customerlist(ask: Ask) -> web.Response:
    """List the customer lists."""
    return listing(ask.state.catalog.customer_lists)


@operation("POST /api/create_customerlist", "listname")
def create_customerlist(ask: Ask) -> web.Response:
    """Make an empty customer list."""
    lists = ask.state.catalog.customer_lists
    made_at = local_time(ask.account, time())
    lists.append({"id": len(lists) + 1, "name": ask.text("listname"), "count": 0, "created_at": made_at})
    return done("Customer list created successfully", list_id=len(lists))


@operation("POST /api/add_contact", "name", "number")
def add_contact(ask: Ask) -> web.Response:
    """Keep a contact."""
    contact = {"name": ask.text("name"), "number": ask.text("number"), "country_code": ask.text("country_code")}
    ask.state.catalog.contacts[number_key(contact["number"])] = contact
    return success(contact)


@operation("POST /api/get_contact_info", "phone")
@operation("POST /api/get_contact_info_agent", "phone")
def get_contact_info(ask: Ask) -> web.Response:
    """Answer with the contact of a number."""
    return _contact(ask, ask.text("phone"))


@operation("POST /v1/Caller_info", "caller_number")
def caller_info(ask: Ask) -> web.Response:
    """Answer with the contact of a caller."""
    return _contact(ask, ask.text("caller_number"))


@operation("GET /api/get_variables")
def get_variables(ask: Ask) -> web.Response:
    """List the variables of flows and templates."""
    return undescribed(ask.account, [{"id": place, "name": name} for place, name in enumerate(VARIABLES, start=1)])


@operation("POST /api/add_webhook_url", "webhookurl")
def add_webhook_url(ask: Ask) -> web.Response:
    """Push events to another URL from now on, signed with ``secret_key``; the account's settings show both."""
    given = {"push_url": ask.text("webhookurl"), "push_secret": ask.text("secret_key")}
    ask.account.change(given, at=time())
    return success()


@operation("POST /api/click_connect_update", "action", "did", "first_number")
def click_connect_update(ask: Ask) -> web.Response:
    """Cancel a live masked call: the one documented action."""
    first, did = number_key(ask.text("first_number")), number_key(ask.text("did"))
    if ask.text("action") != "cancel":
        return error(ask.account, 400, "Unknown action")
    for call in ask.exchange.ledger.live.values():
        asked = call.asked
        mine = call.account is ask.account and asked.details["masked"]
        if mine and number_key(asked.agent) == first and number_key(asked.from_number) == did:
            ask.exchange.hang_up(call)
            return success()
    return error(ask.account, 404, "No live session found")


def _contact(ask: Ask, number: str) -> web.Response:
    contact = ask.state.catalog.contacts.get(number_key(number))
    return success(contact) if contact else error(ask.account, 404, "Contact not found")


def _template_json(name: str, template: Template) -> dict[str, Any]:
    return {
        "id": template.id,
        "template_name": name,
        "text_content": template.text,
        "status": template.status(),
    }


def _bots(ask: Ask) -> list[str]:
    return list(BOTS) if ask.settings.bots is None else ask.settings.bots


def _id(text: str) -> int | str:
    return int(text) if text.isdecimal() else text
