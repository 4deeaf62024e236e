"""Call records of IVR Solutions: the three categories, their rows, and a row as a CallReport.

Sources: schema ``CallLog`` and the examples of the log operations in the public OpenAPI 3.0.3 document. The keys of
``/v1/all_call_logs``, its 20 rows a category and the direction words incoming and outgoing are not in the document:
they are read in the public source of the vendor's CRM integration.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from dialer.ivrsolutions.records import Raw, rows, whole
from dialer.providers import parsing
from dialer.providers.base import CallReport, Outcome, Phase, Rows


class Category(enum.StrEnum):
    """A kind of record: ids are unique only within one."""

    CALL = "call"
    CLICK_TO_CALL = "c2c"
    DIALER = "dialer"
    #: Of "click_connect": its results are in "click_connect_logs" alone.
    MASKED = "masked"


# Schema CallLog, call_status: answered, no_answer, busy, failed.
OUTCOMES: Mapping[str, Outcome] = {
    "answered": Outcome.ANSWERED,
    "no_answer": Outcome.NO_ANSWER,
    "busy": Outcome.BUSY,
    "failed": Outcome.FAILED,
}
# Schema CallLog, call_type: inbound, outbound, c2c, dialer; "Update Call Remark": incoming, outgoing, c2c, dialer.
OUTBOUND: Mapping[str, bool] = {
    "inbound": False,
    "incoming": False,
    "outbound": True,
    "outgoing": True,
    "c2c": True,
    "dialer": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One call record. ``called_at`` is local to the account, without a zone, as the provider writes it.

    ``is_outbound`` is None when the record does not say who called whom.
    """

    category: Category
    record_id: str | None
    is_outbound: bool | None
    external_id: str | None = None
    customer_no: str | None = None
    did_no: str | None = None
    agent_no: str | None = None
    agent_name: str | None = None
    called_at: str | None = None
    duration_seconds: float | None = None
    call_status: str | None = None
    recording_url: str | None = None
    digits: str | None = None
    attempts: int | None = None
    dialer_id: int | None = None
    raw: Raw = field(default_factory=dict, repr=False)

    @property
    def dedupe_key(self) -> str | None:
        """The category and the record id; None for a record without id."""
        return f"{self.category}:{self.record_id}" if self.record_id else None


def log_row(row: Raw, *, category: Category, mixed: bool = False) -> LogRow:
    """Read one record of a log of ``category``. In a ``mixed`` log the record's ``call_type`` can name another.

    "Update Call Remark" takes a record id together with a call type, so the type is what ids are unique within.
    """
    kind = parsing.word(row.get("call_type"))
    if mixed and kind in {Category.CLICK_TO_CALL, Category.DIALER}:
        category = Category(kind)
    return LogRow(
        category=category,
        record_id=parsing.identifier(row.get("recordid")) or parsing.identifier(row.get("id")),
        is_outbound=OUTBOUND.get(kind) if category is Category.CALL else True,
        external_id=parsing.identifier(row.get("call_id")),
        customer_no=_customer(row, kind),
        did_no=parsing.text(row.get("did_no")),
        agent_no=parsing.text(row.get("agent_no")),
        agent_name=parsing.text(row.get("agent_name")) or parsing.text(row.get("attended_by")),
        called_at=parsing.text(row.get("call_time")),
        duration_seconds=parsing.seconds(row.get("call_duration")),
        call_status=parsing.text(row.get("call_status")),
        recording_url=parsing.text(row.get("recording_url")),
        digits=parsing.text(row.get("dtmf_input")),
        attempts=whole(row.get("attempts")),
        dialer_id=whole(row.get("dialer_id")),
        raw=row,
    )


def log_rows(payload: Raw, *, category: Category, mixed: bool = False) -> Rows[LogRow]:
    """Read every record of a log; an empty object is one without records. Raises Unreadable."""
    found: Rows[Raw] = Rows() if payload.get("data") == {} else rows(payload)
    return Rows.of((log_row(row, category=category, mixed=mixed) for row in found), unread=found.unread)


def report(row: LogRow, *, time_zone: ZoneInfo) -> CallReport:
    """Return a record in our words. It is over: the logs hold calls that were made, each with its status.

    The account's clock shows an hour twice when it is set back: a time of it is unknown, see ``parsing.moment``.
    """
    outcome = OUTCOMES.get(parsing.word(row.call_status))
    return CallReport(
        phase=Phase.ENDED if outcome else Phase.UNKNOWN,
        outcome=outcome,
        external_id=row.external_id,
        to_number=row.customer_no,
        from_number=row.did_no,
        duration_seconds=row.duration_seconds,
        started_at=parsing.moment(row.called_at, time_zone=time_zone.key),
        recording_url=row.recording_url,
        digits=row.digits,
        dedupe_key=row.dedupe_key,
        raw=row.raw,
        is_outbound=row.is_outbound,
    )


def _customer(row: Raw, kind: str) -> str | None:
    """Return the customer's number. An outgoing record holds it in ``attended_by``, where others name the agent."""
    attended_by = parsing.text(row.get("attended_by")) or ""
    if kind == "outgoing" and len(attended_by) >= 8 and attended_by.lstrip("+").isdigit():
        return attended_by
    return parsing.text(row.get("client_no")) or parsing.text(row.get("customer_no"))
