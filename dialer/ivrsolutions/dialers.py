"""Auto Dialer, hosted: campaigns that the provider runs at its own pace, and customer lists.

Source: IVR Solutions public OpenAPI 3.0.3 document. Adding numbers has no idempotency key: a request that timed out
may have queued them all, and adding them again would ring everybody twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from dialer.ivrsolutions import records
from dialer.ivrsolutions.formats import dialed, full
from dialer.ivrsolutions.operation import operation

#: "Array of numbers with variables (max 100)".
MOST_NUMBERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DialerNumber:
    """One number (E.164) for a dialer, with the two variables that the document has."""

    number: str
    name: str | None = None
    order_id: str | None = None

    def fields(self) -> dict[str, str]:
        """Return the number as the document writes it. Raises ValueError."""
        given = {"number": dialed(self.number), "name": self.name, "order_id": self.order_id}
        return {key: value for key, value in given.items() if value is not None}


@operation("getDialersList", "GET /api/get_dialers_list", records.every(records.hosted_dialer), sends="nothing")
def get_dialers() -> Mapping[str, Any]:
    """List the hosted dialers, with how many of their numbers are done."""
    return {}


@operation("createTextDialer", "POST /api/create_text_dialer", records.created("dialer_id", "id"))
def create_text_dialer(
    *,
    name: str,
    did_no: str,
    concurrent_calls: int,
    start_time: time,
    end_time: time,
    text_template_id: int,
    send_call_flow_id: int | None = None,
) -> Mapping[str, Any]:
    """Make a dialer that speaks a text template between two times of day of the account's clock.

    ``send_call_flow_id`` picks the language: Kannada 5421, Tamil 5422, English 102, Telugu 5423.
    """
    return {
        "name": name,
        "did_no": full(did_no),
        "no_of_call": _at_least_one(concurrent_calls),
        "start_time": _clock(start_time),
        "end_time": _clock(end_time),
        "text_template_id": text_template_id,
        "send_call_flow_id": send_call_flow_id,
    }


@operation("editTextDialer", "POST /api/edit_text_dialer", records.done)
def edit_text_dialer(
    *,
    dialer_id: int,
    name: str | None = None,
    did_no: str | None = None,
    concurrent_calls: int | None = None,
    start_time: time | None = None,
    end_time: time | None = None,
    text_template_id: int | None = None,
) -> Mapping[str, Any]:
    """Change what is given of a dialer; the rest stays as it is."""
    return {
        "id": dialer_id,
        "name": name,
        "did_no": full(did_no) if did_no else None,
        "no_of_call": None if concurrent_calls is None else _at_least_one(concurrent_calls),
        "start_time": _clock(start_time),
        "end_time": _clock(end_time),
        "text_template_id": text_template_id,
    }


@operation("changeDialerStatus", "POST /api/change_dialer_status", records.done)
def change_dialer_status(*, dialer_id: int, is_on: bool) -> Mapping[str, Any]:
    """Start or halt a dialer; the platform does so immediately."""
    return {"dialerid": dialer_id, "status": "on" if is_on else "off"}


@operation("addToDialer", "POST /api/add_to_ivrdialer", records.added)
def add_number(*, dialer_id: int, number: DialerNumber) -> Mapping[str, Any]:
    """Add one number to a dialer."""
    return {"dialerid": dialer_id, **number.fields()}


@operation("addToDialerBulk", "POST /api/add_to_ivrdialerbulk", records.added)
def add_numbers(*, dialer_id: int, numbers: Sequence[DialerNumber]) -> Mapping[str, Any]:
    """Add 1 to 100 numbers to a dialer. Raises ValueError for none or more. Compare the count of the answer."""
    if not 1 <= len(numbers) <= MOST_NUMBERS:
        raise ValueError(f"a request takes 1 to {MOST_NUMBERS} numbers, not {len(numbers)}")
    return {"dialerid": dialer_id, "numbers": [number.fields() for number in numbers]}


@operation("add_to_dialer", "POST /api/add_to_dialer", records.added)
def add_records(*, numbers: Sequence[DialerNumber]) -> Mapping[str, Any]:
    """Add records by the older form, which names no dialer; prefer ``add_numbers``."""
    return {"recordList": [number.fields() for number in numbers]}


@operation("getCustomerLists", "GET /api/customerlist", records.items(), sends="nothing")
def get_customer_lists() -> Mapping[str, Any]:
    """List the customer lists that the account keeps at the provider."""
    return {}


@operation("createCustomerList", "POST /api/create_customerlist", records.created("list_id", "id"))
def create_customer_list(*, name: str) -> Mapping[str, Any]:
    """Make an empty customer list."""
    return {"listname": name}


def _clock(value: time | None) -> str | None:
    return value.strftime("%H:%M") if value is not None else None


def _at_least_one(calls: int) -> int:
    if calls < 1:
        raise ValueError("a dialer places at least one call at a time")
    return calls
