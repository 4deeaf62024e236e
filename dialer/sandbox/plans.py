"""What a request to place a call asks for, and what is planned to happen to it."""

from __future__ import annotations

from typing import Any, NamedTuple

from dialer.sandbox.behaviours import Fault, Outcome


class Asked(NamedTuple):
    """What a request asks for, as a dialect read it. Fields that the request did not say are empty."""

    to_number: str
    from_number: str = ""
    reference: str = ""
    agent: str = ""
    variables: dict[str, str] = {}
    max_ring_seconds: float | None = None
    agent_rings_first: bool = False
    starts_at: float | None = None
    details: dict[str, Any] = {}


class Plan(NamedTuple):
    """What will happen to a request, drawn when it arrives. Seconds are simulated ones."""

    outcome: Outcome
    reply_fault: Fault | None
    push_fault: Fault | None
    agent_ring_seconds: float
    ring_seconds: float
    talk_seconds: float
    push_delay_seconds: float
    reply_delay_seconds: float
    disposition: str
