"""A placement as a request of IVR Solutions, and the options that a template gives for it.

Source: IVR Solutions public OpenAPI 3.0.3 document. Calls are never scheduled there: the hour is ours to keep.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from dialer.ivrsolutions import calls, dialing, voicebots
from dialer.providers.base import AccountConfig, Action, AgentAddress, AgentKind, Field, Placement, ProviderRequest

#: How an agent and the customer are connected, by the operation's name.
BY_EXTENSION, BY_NUMBERS, MASKED = "c2c_post", "c2c_advance", "click_connect"
AUTO = "auto"
#: What each way takes as its agent, and the way that an agent's kind gets when the template names none.
WAYS: Mapping[str, AgentKind] = {
    BY_EXTENSION: AgentKind.EXTENSION,
    BY_NUMBERS: AgentKind.NUMBER,
    MASKED: AgentKind.NUMBER,
}

_SPEECH_HELP = "May hold variables of the contact: {{name}}."
FLOW_FIELDS = (Field(name="flow_id", label="Call flow", required=True, picks="CALL_FLOW"),)
TEXT_FIELDS = (
    Field(name="template_name", label="Text template", required=True, picks="TEXT_TEMPLATE"),
    Field(
        name="variable_names",
        label="Variables of the template",
        help="In the template's order, separated by commas: name, order_id. Values must not hold commas.",
    ),
    Field(name="flow_id", label="Call flow", help="For language and key presses.", picks="CALL_FLOW"),
)
BOT_FIELDS = (
    Field(name="voicechat_id", label="Voice bot", required=True, picks="VOICE_BOT"),
    Field(name="system_msg", label="System prompt", help=_SPEECH_HELP),
    Field(name="text", label="Opening line", help=_SPEECH_HELP),
)
AI_FIELDS = (
    Field(
        name="wss_url",
        label="WebSocket URL",
        required=True,
        help="Where your bot listens: wss://… The operation takes no DID: the account's own caller ID is shown.",
    ),
    Field(name="wss_header", label="WebSocket header", secret=True, help="Authorization: Bearer …"),
    Field(name="voicechat_id", label="Voice bot", picks="VOICE_BOT"),
    Field(name="system_msg", label="System prompt", help=_SPEECH_HELP),
    Field(name="text", label="Opening line", help=_SPEECH_HELP),
    Field(name="sttlanguage_code", label="Language of the speech", help="en-IN, hi-IN."),
    Field(name="ai_agent_ext", label="Agent extension", help="Whom the bot can hand the call to.", picks="EXTENSION"),
    Field(name="sip_url", label="SIP target", help="Where the bot can transfer the call to."),
    Field(name="connect_ws_after_answer", label="Connect after the answer", help="1 or 0."),
)
AGENT_FIELDS = (
    Field(
        name="connect_by",
        label="Connect by",
        choices=(AUTO, *WAYS),
        default=AUTO,
        help="c2c_post: extension. c2c_advance: two numbers. click_connect: two numbers, both see only the DID. "
        "auto: by the agent's extension or number.",
    ),
    Field(name="body", label="Words to the agent", help="Spoken before the customer is rung, by c2c_advance only."),
)
_TOKEN = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")


def build(*, account: AccountConfig, placement: Placement) -> ProviderRequest:
    """Return the request for a placement. Raises ValueError naming the option, variable or number that is missing."""
    builder = _BUILDERS.get(placement.action)
    if builder is None:
        raise ValueError(f"action: IVR Solutions has no {placement.action}")
    return builder(account, placement)


def _flow(account: AccountConfig, placement: Placement) -> ProviderRequest:
    return dialing.dial_by_flow(
        account, did_no=_did(placement), flow_id=_required(placement, "flow_id"), customer_no=placement.to_number
    )


def _text(account: AccountConfig, placement: Placement) -> ProviderRequest:
    names = [name.strip() for name in (_option(placement, "variable_names") or "").split(",") if name.strip()]
    return dialing.dial_by_text(
        account,
        did_no=_did(placement),
        customer_no=placement.to_number,
        template_name=_required(placement, "template_name"),
        variables=[_variable(placement, name) for name in names],
        flow_id=_option(placement, "flow_id"),
    )


def _bot(account: AccountConfig, placement: Placement) -> ProviderRequest:
    return voicebots.dial_by_voicebot(
        account,
        customer_no=placement.to_number,
        did_num=_did(placement),
        voicechat_id=_required(placement, "voicechat_id"),
        system_msg=_spoken(placement, "system_msg"),
        text=_spoken(placement, "text"),
    )


def _ai(account: AccountConfig, placement: Placement) -> ProviderRequest:
    wss_url = _required(placement, "wss_url")
    if not wss_url.startswith("wss://"):
        raise ValueError("wss_url: must start with wss://")
    return voicebots.dial_by_aivoicebot(
        account,
        customer_no=placement.to_number,
        wss_url=wss_url,
        voicechat_id=_option(placement, "voicechat_id"),
        ai_agent_ext=_option(placement, "ai_agent_ext"),
        connect_ws_after_answer=_yes_or_no(placement, "connect_ws_after_answer"),
        sip_url=_option(placement, "sip_url"),
        sttlanguage_code=_option(placement, "sttlanguage_code"),
        system_msg=_spoken(placement, "system_msg"),
        text=_spoken(placement, "text"),
        wss_header=_option(placement, "wss_header"),
    )


def _agent(account: AccountConfig, placement: Placement) -> ProviderRequest:
    """Return the way that the template names; the agent rings first in all of them."""
    agent, way = _agent_and_way(placement)
    did, customer = _did(placement), placement.to_number
    if way == BY_EXTENSION:
        return calls.c2c_post(account, did=did, ext_no=agent.value, phone=customer)
    if way == MASKED:
        return calls.click_connect(account, first_phone=agent.value, second_phone=customer, did=did)
    return calls.c2c_advance(
        account, did=did, first_phone=agent.value, second_phone=customer, body=_spoken(placement, "body")
    )


def _agent_and_way(placement: Placement) -> tuple[AgentAddress, str]:
    agent = placement.agent
    if agent is None or not agent.value or agent.kind not in WAYS.values():
        raise ValueError("agent: IVR Solutions reaches agents by extension or number")
    way = _option(placement, "connect_by") or AUTO
    if way == AUTO:
        way = next(way for way, kind in WAYS.items() if kind is agent.kind)
    if WAYS.get(way) is not agent.kind:
        raise ValueError(f"connect_by: {way} does not take an agent's {agent.kind.lower()}")
    return agent, way


_BUILDERS: Mapping[Action, Callable[[AccountConfig, Placement], ProviderRequest]] = {
    Action.PLAY_FLOW: _flow,
    Action.SPEAK_TEXT: _text,
    Action.VOICE_BOT: _bot,
    Action.AI_AGENT: _ai,
    Action.CONNECT_AGENT: _agent,
}


def _did(placement: Placement) -> str:
    if not placement.from_number:
        raise ValueError("from_number")
    return placement.from_number


def _option(placement: Placement, name: str) -> str | None:
    value = placement.options.get(name)
    return None if value is None or value == "" else str(value)


def _required(placement: Placement, name: str) -> str:
    value = _option(placement, name)
    if value is None:
        raise ValueError(name)
    return value


def _variable(placement: Placement, name: str) -> str:
    if name not in placement.variables:
        raise ValueError(f"variable {name}")
    return str(placement.variables[name])


def _spoken(placement: Placement, name: str) -> str | None:
    """Return a text option with its ``{{variables}}`` filled in: what stays unfilled would be spoken as it stands."""
    text = _option(placement, name)
    return None if text is None else _TOKEN.sub(lambda token: _variable(placement, token[1]), text)


def _yes_or_no(placement: Placement, name: str) -> bool | None:
    value = (_option(placement, name) or "").lower()
    if value not in {"", "0", "1", "true", "false"}:
        raise ValueError(f"{name}: 1 or 0")
    return value in {"1", "true"} if value else None
