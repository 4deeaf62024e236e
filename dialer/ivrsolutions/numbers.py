"""DID: the account's virtual numbers, and numbers to buy. Source: IVR Solutions public OpenAPI 3.0.3 document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from dialer.ivrsolutions import records
from dialer.ivrsolutions.formats import e164, full
from dialer.ivrsolutions.operation import operation
from dialer.ivrsolutions.provisioning import Provision
from dialer.providers import parsing

_DIDS = records.every(records.did, "dids", is_one=lambda found: found.number)


def _bought(payload: records.Raw) -> records.DidRecord:
    return records.DidRecord(number=e164(parsing.text(payload.get("data"))), raw=payload)


@operation("getLinkedDids", "POST /ivrappv2/get_dids", _DIDS, sends="nothing")
def get_linked_dids() -> Mapping[str, Any]:
    """List the account's DIDs, with region and kind."""
    return {}


@operation("get_dids", "POST /api/get_dids", _DIDS, sends="nothing")
def get_dids() -> Mapping[str, Any]:
    """List the account's DIDs, by the other path."""
    return {}


@operation("getDidRegions", "GET /ivrappv2/get_did_region", records.items(), sends="nothing")
def get_did_regions() -> Mapping[str, Any]:
    """List the regions in which numbers can be bought."""
    return {}


@operation("searchDids", "POST /ivrappv2/search_dids", records.numbers_for_sale, may_be_empty=True)
def search_dids(
    *,
    country_code: str,
    region: str,
    pattern: str | None = None,
    search_pattern: Literal["startswith", "contains", "endswith"] | None = None,
) -> Mapping[str, Any]:
    """List numbers for sale in a region (its id), whose digits match ``pattern``."""
    return {"country_code": country_code, "region": region, "search_pattern": search_pattern, "pattern": pattern}


@operation("buyDid", "POST /ivrappv2/buy_did", _bought)
def buy_did(*, country: str, number: str) -> Mapping[str, Any]:
    """Buy a number. It costs money: an unclear answer must be checked by listing, never repeated."""
    return {"country": country, "number": full(number)}


@operation("get_available_dids", "POST /api/get_available_dids", records.numbers_for_sale, may_be_empty=True)
def get_available_dids(
    *,
    did_region: str,
    availability_level: str | None = None,
    pattern_last_digits: str | None = None,
    size: int | None = None,
) -> Mapping[str, Any]:
    """List numbers for sale by their last digits (``availabilty_level`` is the document's own spelling)."""
    return {
        "availabilty_level": availability_level,
        "did_region": did_region,
        "pattern_last_digits": pattern_last_digits,
        "size": None if size is None else str(size),
    }


@operation("add_manage_did", "POST /api/add_manage_did", records.done)
def add_manage_did(
    *, provision: Provision, did_no: str | None = None, email: str | None = None, phone: str | None = None
) -> Mapping[str, Any]:
    """Set a DID up, or change it."""
    return {**provision.fields(did_no=did_no), **provision.person(email=email, phone=phone)}


@operation("manage_group_did", "POST /api/manage_group_did", records.done)
def manage_group_did(*, provision: Provision, did_no: str | None = None) -> Mapping[str, Any]:
    """Change a DID that a group shares."""
    return provision.for_group(did_no=did_no)


@operation("manage_group_did_as_sipuser", "POST /api/manage_group_did_as_sipuser", records.done)
def manage_group_did_as_sip_user(
    *, provision: Provision, did_no: str | None = None, email: str | None = None, phone: str | None = None
) -> Mapping[str, Any]:
    """Change a shared DID for a softphone user."""
    return {**provision.for_group(did_no=did_no), **provision.person(email=email, phone=phone)}


@operation("get_live_did", "POST /api/get_live_did", _DIDS)
def get_live_dids() -> Mapping[str, Any]:
    """List which DIDs are reachable now. The token stays in the header, though the body could carry it."""
    return {}


@operation("get_live_did_agent", "POST /api/get_live_did_agent", _DIDS)
def get_live_dids_of_agent() -> Mapping[str, Any]:
    """List which of the agent's DIDs are reachable now."""
    return {}
