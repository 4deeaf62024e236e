"""The row of the ledger: one request to place a call, and the call that came of it."""

from __future__ import annotations

import asyncio
from typing import Any

from dialer.sandbox.accounts import Account
from dialer.sandbox.behaviours import Outcome
from dialer.sandbox.plans import Asked, Plan


class Call:
    """A row of the ledger. Instants are Unix time, real wall clock; ``started_at`` is None if nothing was started."""

    __slots__ = (
        "account",
        "answered_at",
        "asked",
        "delivered",
        "ended_at",
        "epoch",
        "external_id",
        "legs",
        "notes",
        "outcome",
        "plan",
        "pushes",
        "rang_at",
        "replied_status",
        "requested_at",
        "row",
        "started_at",
        "timer",
        "token",
        "turn",
    )

    def __init__(self, *, row: int, account: Account, asked: Asked, plan: Plan | None, at: float) -> None:
        self.row = row
        self.account = account
        self.asked = asked
        self.plan = plan
        self.requested_at = at
        self.epoch = 0
        self.external_id = ""
        self.token = ""
        self.replied_status: int | None = None
        self.started_at: float | None = None
        self.rang_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.outcome: Outcome | None = None
        self.pushes: list[tuple[float, int | None]] = []
        self.legs: list[dict[str, Any]] | None = None
        self.notes: list[dict[str, Any]] = []
        self.timer: asyncio.TimerHandle | None = None
        self.delivered: asyncio.Event | None = None
        self.turn: asyncio.Event | None = None

    @property
    def live(self) -> bool:
        """Return whether the call takes a line at the carrier."""
        return self.started_at is not None and self.ended_at is None

    @property
    def talk_seconds(self) -> float:
        """Return the simulated seconds of talk so far; 0 for a call that was not answered."""
        if self.answered_at is None or self.plan is None:
            return 0.0
        return self.plan.talk_seconds

    @property
    def faults(self) -> list[str]:
        """Return the names of the faults that were drawn for this request."""
        if self.plan is None:
            return []
        return [fault.value for fault in (self.plan.reply_fault, self.plan.push_fault) if fault is not None]

    def as_json(self) -> dict[str, Any]:
        """Return the row as the control API shows it."""
        asked = self.asked
        return {
            "id": self.row,
            "provider": self.account.slug,
            "account": self.account.name,
            "external_id": self.external_id,
            "reference": asked.reference,
            "to_number": asked.to_number,
            "from_number": asked.from_number,
            "agent": asked.agent,
            "dialer": asked.details.get("dialer_id"),
            "requested_at": self.requested_at,
            "replied_status": self.replied_status,
            "started_at": self.started_at,
            "rang_at": self.rang_at,
            "answered_at": self.answered_at,
            "ended_at": self.ended_at,
            "outcome": self.outcome,
            "fault": "+".join(self.faults) or None,
            "pushes": self.pushes,
            "notes": self.notes,
        }
