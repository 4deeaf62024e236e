"""Contacts and variables kept at the provider. Source: IVR Solutions public OpenAPI 3.0.3 document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialer.ivrsolutions import records
from dialer.ivrsolutions.formats import dialed
from dialer.ivrsolutions.operation import operation


@operation("add_contact", "POST /api/add_contact", records.done)
def add_contact(*, name: str, number: str, country_code: str | None = None) -> Mapping[str, Any]:
    """Save a contact in the provider's address book; ``number`` is E.164."""
    return {"country_code": country_code, "name": name, "number": dialed(number)}


@operation("get_contact_info", "POST /api/get_contact_info", records.data)
def get_contact(*, phone: str) -> Mapping[str, Any]:
    """Return the contact with a number."""
    return {"phone": dialed(phone)}


@operation("get_contact_info_agent", "POST /api/get_contact_info_agent", records.data)
def get_contact_of_agent(*, phone: str) -> Mapping[str, Any]:
    """Return the contact with a number as the agent may see it."""
    return {"phone": dialed(phone)}


@operation("v1_Caller_info", "POST /v1/Caller_info", records.data)
def get_caller(*, caller_number: str) -> Mapping[str, Any]:
    """Return contact and history of someone who calls."""
    return {"caller_number": dialed(caller_number)}


@operation("get_variables", "GET /api/get_variables", records.items(), sends="nothing")
def get_variables() -> Mapping[str, Any]:
    """List the variables that flows and templates can use."""
    return {}
