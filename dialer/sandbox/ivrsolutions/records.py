"""Call records of IVR Solutions in three categories, each with record ids of its own, and the rows that logs show."""

from __future__ import annotations

from bisect import insort
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dialer.sandbox.accounts import Account, number_key
from dialer.sandbox.behaviours import Outcome
from dialer.sandbox.calls import Call
from dialer.sandbox.ivrsolutions.settings import settings_of
from dialer.sandbox.replies import MP3

#: Masked calls are in no log but their own.
MASKED = "masked"
CATEGORIES = ("call", "c2c", "dialer", MASKED)
#: Where recordings are, on a host of their own in the document's examples: https://calls.ivrsolutions.in/monitor/….mp3
RECORDINGS = "/monitor/"

#: ``call_status`` of schema CallLog: answered, no_answer, busy, failed.
STATUSES = {
    Outcome.ANSWERED: "answered",
    Outcome.MACHINE: "answered",
    Outcome.NO_ANSWER: "no_answer",
    Outcome.BUSY: "busy",
    Outcome.FAILED: "failed",
    Outcome.CANCELED: "no_answer",
}


class Record:
    """One row of a category: a call that is over."""

    __slots__ = ("attempts", "call", "category", "record_id")

    def __init__(self, category: str, record_id: int, call: Call, attempts: int) -> None:
        self.category = category
        self.record_id = record_id
        self.call = call
        self.attempts = attempts


class Records:
    """All records of an account, by category in the order of their ids, and by number."""

    def __init__(self) -> None:
        self.by_category: dict[str, list[Record]] = {category: [] for category in CATEGORIES}
        self.by_number: dict[str, list[Record]] = {}
        self._next_ids = dict.fromkeys(CATEGORIES, 1)

    def next_id(self, category: str) -> int:
        """Return a record id: unique within its category only."""
        found = self._next_ids[category]
        self._next_ids[category] += 1
        return found

    def add(self, record: Record) -> None:
        """Make a record visible."""
        insort(self.by_category[record.category], record, key=lambda known: known.record_id)
        self.by_number.setdefault(number_key(record.call.asked.to_number), []).append(record)

    def all(self) -> list[Record]:
        """Return the records of all categories but the masked calls, newest call first."""
        named = (name for name in CATEGORIES if name != MASKED)
        found = [record for name in named for record in self.by_category[name]]
        return sorted(found, key=lambda record: record.call.started_at or 0.0, reverse=True)


def local_time(account: Account, at: float | None) -> str | None:
    """Return an instant on the account's clock, without a zone, as the provider writes it."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, ZoneInfo(settings_of(account).time_zone)).strftime("%Y-%m-%d %H:%M:%S")


def recording_url(account: Account, call: Call) -> str:
    """Return the address of the recording, empty for a call that was not answered; anyone who has it can listen."""
    where = settings_of(account).recordings_at or f"{account.state.base_url}{RECORDINGS}"
    return f"{where}{call.token}.mp3" if call.answered_at is not None else ""


def recording_of(account: Account, name: str) -> bytes | None:
    """Return the recording that is called ``name``, None where there is none."""
    tokens = (record.call.token for records in account.state.records.by_category.values() for record in records)
    return MP3 if name.removesuffix(".mp3") in tokens else None


def digits(account: Account, call: Call) -> str:
    """Return the keys that the customer pressed: the account's ``digits`` by turns, for answered calls."""
    choices = settings_of(account).digits
    return choices[call.row % len(choices)] if choices and call.outcome is Outcome.ANSWERED else ""


def call_row(account: Account, record: Record) -> dict[str, Any]:
    """Return a record of any category as schema ``CallLog``, or in the words that the vendor's integration reads."""
    call = record.call
    agent = call.asked.agent
    row = {
        "recordid": record.record_id,
        "did_no": call.asked.from_number,
        "client_no": number_key(call.asked.to_number),
        "agent_no": agent,
        "attended_by": f"Agent {agent}" if agent else "",
        "ext_no": agent,
        **_result(account, call),
        "call_type": "outbound" if record.category == "call" else record.category,
    }
    if settings_of(account).log_form == "integration":
        row["recordid"] = str(record.record_id)
        if record.category == "call":
            row |= {"call_type": "outgoing", "client_no": number_key(call.asked.from_number)}
            row["attended_by"] = number_key(call.asked.to_number)
    return row


def c2c_row(account: Account, record: Record) -> dict[str, Any]:
    """Return a record as "Get Click-to-Call Logs" shows it."""
    call = record.call
    row = {
        "recordid": record.record_id,
        "did_no": call.asked.from_number,
        "agent_no": call.asked.agent,
        "client_no": number_key(call.asked.to_number),
        "agent_name": f"Agent {call.asked.agent}",
        **_result(account, call),
    }
    del row["dtmf_input"]
    return row


def dialer_row(account: Account, record: Record) -> dict[str, Any]:
    """Return a record as "Get Dialer Logs" shows it. Calls that were dialed one by one belong to no dialer: id 0."""
    call = record.call
    dialer = account.state.dialers.get(call.asked.details.get("dialer_id") or 0)
    row = {
        "id": record.record_id,
        "dialer_id": dialer.id if dialer else 0,
        "dialer_name": dialer.name if dialer else "API",
        "customer_no": number_key(call.asked.to_number),
        **_result(account, call),
        "attempts": record.attempts,
    }
    del row["recording_url"]
    return row


def _result(account: Account, call: Call) -> dict[str, Any]:
    return {
        "call_time": local_time(account, call.started_at),
        "call_duration": round(call.talk_seconds),
        "call_status": STATUSES[call.outcome] if call.outcome is not None else "failed",
        "recording_url": recording_url(account, call),
        "dtmf_input": digits(account, call),
    }
