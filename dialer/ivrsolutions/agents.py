"""Agents: who takes and makes calls, and their extensions. Source: IVR Solutions public OpenAPI 3.0.3 document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dialer.ivrsolutions import records
from dialer.ivrsolutions.formats import bare, full
from dialer.ivrsolutions.operation import operation
from dialer.ivrsolutions.provisioning import Provision

_AGENTS = records.every(records.agent, "exts", is_one=lambda found: found.ext_no)


@operation("enableDisableUsers", "POST /api/enable_disable_users", records.done)
def enable_agent(*, ext_no: str, is_enabled: bool) -> Mapping[str, Any]:
    """Let an agent's extension make and receive calls, or not."""
    return {"ext_no": ext_no, "status": "1" if is_enabled else "0"}


@operation("addAgent", "POST /ivrappv2/addagent", records.one_agent)
def add_agent(*, name: str, email: str, phone: str, password: str) -> Mapping[str, Any]:
    """Make an agent with a login. The password needs upper and lower case, a number and a special character."""
    return {"name": name, "email": email, "phonenumber": bare(phone), "password": password}


@operation("updateAgentDid", "POST /ivrappv2/update_agent_did", records.done)
def update_agent_did(*, agent_ext: str, did_num: str) -> Mapping[str, Any]:
    """Give an agent another DID."""
    return {"agent_ext": agent_ext, "did_num": full(did_num)}


@operation("get_agents", "GET /api/get_agents", _AGENTS, sends="nothing")
def get_agents() -> Mapping[str, Any]:
    """List the agents."""
    return {}


@operation("get_extension", "POST /api/get_extension", _AGENTS, sends="nothing")
def get_extensions() -> Mapping[str, Any]:
    """List the extensions."""
    return {}


@operation("get_extension_details", "POST /api/get_extension_details", records.data)
def get_extension_details(*, ext_no: str) -> Mapping[str, Any]:
    """Return an extension's settings; the document does not describe them."""
    return {"ext_no": ext_no}


@operation("deactivate_group_user", "POST /api/deactivate_group_user", records.done)
def deactivate_group_user(*, ext_no: str) -> Mapping[str, Any]:
    """Take an extension from its user."""
    return {"ext_no": ext_no}


@operation("set_expiry", "POST /api/set_expiry", records.done)
def set_expiry(*, ext_no: str, expires_on: date) -> Mapping[str, Any]:
    """Switch an extension off after a day."""
    return {"expiry_date": expires_on.isoformat(), "ext_no": ext_no}


@operation("add_group_user", "POST /api/add_group_user", records.done)
def add_group_user(
    *, did_no: str, provision: Provision, email: str | None = None, phone: str | None = None
) -> Mapping[str, Any]:
    """Make a group extension with its user."""
    return {**provision.fields(did_no=did_no), **provision.person(email=email, phone=phone)}


@operation("v1_agent_login_token", "POST /v1/agent_login_token", records.data, token_in_body=True)
def agent_login_token(
    *, username: str, password: str, extension: str | None = None, ip_address: str | None = None
) -> Mapping[str, Any]:
    """Return the credentials for an agent's softphone. The reply is a secret."""
    return {"username": username, "password": password, "extention": extension, "ip_address": ip_address}
