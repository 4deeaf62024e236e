"""One account at one provider: its settings made ready, its random draws and its meters."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Protocol

from yarl import URL

from dialer.sandbox.behaviours import (
    CAPACITY_FAULTS,
    LOOKUP_FAULTS,
    NOTE_FAULTS,
    PUSH_FAULTS,
    REPLY_FAULTS,
    SUFFIXES,
    Fault,
    Outcome,
)
from dialer.sandbox.draws import Draw
from dialer.sandbox.hours import parse_hours
from dialer.sandbox.meters import Meter, RateMeter, Throttle
from dialer.sandbox.plans import Asked, Plan
from dialer.sandbox.settings import AccountSettings, parse_settings

#: Kinds of questions that a client asks: for one call, for a log of many, for free capacity.
LOOKUPS = ("call_poll", "log", "capacity")


class LookupFault(Exception):
    """A question for calls goes wrong on purpose; ``fault`` says how."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def number_key(number: str) -> str:
    """Return what is equal for all spellings of a phone number: its last ten digits."""
    return "".join(filter(str.isdigit, number))[-10:]


class Platform(Protocol):
    """What an account takes from the provider that it is at; a dialect has it, see ``dialer.sandbox.contract``."""

    @property
    def slug(self) -> str:
        """Return the provider's slug."""

    @property
    def rate_per_second(self) -> int | None:
        """Return the requests a second that the provider states, None where it states none."""

    def prepare(self, settings: AccountSettings) -> Any:
        """Return what is computed once per change of settings. Raises BadSetting if they do not fit together."""

    def new_state(self) -> Any:
        """Return what is kept of an account besides what all accounts have."""


class Account:
    """An account and what the carrier knows of it, its calls apart: those are in the ledger."""

    settings: AccountSettings

    def __init__(self, *, platform: Platform, name: str, seed: int, settings: AccountSettings) -> None:
        self.platform = platform
        self.slug = platform.slug
        self.name = name
        self.key = f"{platform.slug}/{name}"
        self.clear(seed=seed, settings=settings, at=0.0)

    def clear(self, *, seed: int, settings: AccountSettings, at: float) -> None:
        """Count from 0 and draw from the start again."""
        self.requests = 0
        self.refused = 0
        self.meter = Meter(None)
        self.dids: dict[str, Meter] = {}
        self.did_spellings: dict[str, Meter] = {}
        self.agents: dict[str, Meter] = {}
        self.rate = RateMeter()
        self.throttle = Throttle()
        self.lookups = dict.fromkeys(LOOKUPS, 0)
        self.state = self.platform.new_state()
        self.references: dict[str, int] = {}
        self.rung_references: dict[str, int] = {}
        self.apply(settings=settings, seed=seed, at=at)

    def apply(self, *, settings: AccountSettings, seed: int | None, at: float) -> None:
        """Take over new settings; with a seed, the random draws start again."""
        if seed is not None or settings.first_faults != self.settings.first_faults:
            self.first_faults = iter(settings.first_faults)
        self.settings = settings
        if seed is not None:
            self.random = Random(f"{seed}/{self.key}")  # noqa: S311 (a simulation, meant to repeat itself)
            self.refused_once: set[str] = set()
        self.reply_faults = self._fault_draw(REPLY_FAULTS)
        self.push_faults = self._fault_draw(PUSH_FAULTS)
        self.lookup_faults = self._fault_draw(LOOKUP_FAULTS)
        self.note_faults = self._fault_draw(NOTE_FAULTS)
        self.capacity_faults = self._fault_draw(CAPACITY_FAULTS)
        self.outcomes = Draw({Outcome(name): share for name, share in settings.outcomes.items()}, whole=True)
        self.dispositions = Draw(dict(settings.dispositions), whole=True)
        self.allowed_hours = parse_hours(settings.allowed_hours)
        self.active_hours = parse_hours(settings.active_hours)
        self.answering = {number_key(number) for number in settings.answering_numbers}
        self.forbidden = {number_key(number) for number in settings.forbidden_numbers}
        self.caller_ids = None if settings.caller_ids is None else {number_key(did) for did in settings.caller_ids}
        self.push_url = URL(settings.push_url) if settings.push_url else None
        self.throttle.limit = None
        if settings.enforce_rate:
            self.throttle.limit = settings.rate_per_second or self.platform.rate_per_second
        self._apply_limits(at)
        self.prepared = self.platform.prepare(settings)

    def change(self, given: Mapping[str, Any], *, at: float) -> None:
        """Change the settings that are given; the others stay, and the draws go on.

        Raises BadSetting; then nothing is changed.
        """
        settings = parse_settings(type(self.settings), {**self.settings.as_json(), **given})
        self.platform.prepare(settings)
        self.apply(settings=settings, seed=None, at=at)

    def _apply_limits(self, at: float) -> None:
        limits = self.settings.limits
        self.did_limits: dict[str, int] = {number_key(key) or key: n for key, n in limits.get("dids", {}).items()}
        self.agent_limits: dict[str, int] = limits.get("agents", {})
        self.meter.set_limit(limits.get("account"), at)
        self.rate.limit = limits.get("calls_per_second")
        self.rate.jitter = limits.get("arrival_jitter_seconds", 0.0)
        for key, meter in self.dids.items():
            meter.set_limit(self._did_limit(key), at)
        for key, meter in self.agents.items():
            meter.set_limit(self._agent_limit(key), at)

    def _fault_draw(self, faults: tuple[Fault, ...]) -> Draw:
        return Draw({fault: self.settings.faults.get(fault, 0.0) for fault in faults}, whole=False)

    def _did_limit(self, key: str) -> int | None:
        return self.did_limits.get(number_key(key), self.did_limits.get("*"))

    def _agent_limit(self, key: str) -> int | None:
        return self.agent_limits.get(key, self.agent_limits.get("*"))

    def did_meter(self, number: str) -> Meter:
        """Return the meter of a caller ID; all spellings of a number share one, named as it was spelled first."""
        meter = self.did_spellings.get(number)
        if meter is None:
            label = next((known for known in self.dids if number_key(known) == number_key(number)), number)
            meter = self.dids.setdefault(label, Meter(self._did_limit(number)))
            self.did_spellings[number] = meter
        return meter

    def agent_meter(self, key: str) -> Meter:
        """Return the meter of an agent."""
        meter = self.agents.get(key)
        if meter is None:
            meter = self.agents[key] = Meter(self._agent_limit(key))
        return meter

    @property
    def full(self) -> bool:
        """Return whether the platform has no room for another call."""
        return self.meter.live >= self.settings.fleet_max - self.settings.fleet_taken_by_others

    def look_up(self, kind: str) -> None:
        """Count a question of a kind of ``LOOKUPS``; raises LookupFault when a question for calls shall go wrong."""
        self.lookups[kind] += 1
        if kind == "capacity" or len(self.lookup_faults.names) == 1:
            return
        fault: Fault | None = self.lookup_faults.pick(self.random.random())
        if fault is not None:
            raise LookupFault(fault)

    def draw_capacity_fault(self) -> Fault | None:
        """Return what goes wrong with a question for free capacity."""
        return self._fault_of(self.capacity_faults)

    def draw_note_fault(self) -> Fault | None:
        """Return what goes wrong with a note on a call."""
        return self._fault_of(self.note_faults)

    def _fault_of(self, faults: Draw) -> Fault | None:
        """Draw a fault, only where such faults are set."""
        fault: Fault | None = faults.pick(self.random.random()) if len(faults.names) > 1 else None
        return fault

    def scripted(self, drawn: Fault | None) -> Fault | None:
        """Return what goes wrong with the next reply: what ``first_faults`` says in its turn, else what was drawn."""
        given = next(self.first_faults, None)
        if given is None:
            return drawn
        return Fault(given) if given else None

    def plan(self, asked: Asked, *, has_reply: bool = True) -> Plan:
        """Return what will happen to a request. Each takes the same number of draws, so a seed repeats itself.

        Not ``has_reply``: nobody waits for one, as when a dialer of the provider's own calls.
        """
        settings, draw = self.settings, self.random.random
        reply_fault: Fault | None = self.reply_faults.pick(draw())
        push_fault: Fault | None = self.push_faults.pick(draw())
        outcome: Outcome = self.outcomes.pick(draw())
        disposition: str = self.dispositions.pick(draw())
        behaviour = SUFFIXES.get(asked.to_number[-2:]) if settings.suffixes else None
        if behaviour is not None:
            outcome, reply_fault, push_fault = behaviour.outcome, behaviour.reply_fault, behaviour.push_fault
            if behaviour.once and self.refused_before(asked.to_number):
                reply_fault = None
        if self.answering and number_key(asked.to_number) in self.answering:
            outcome = Outcome.ANSWERED
        reply_fault = self.scripted(reply_fault) if has_reply else None
        if reply_fault is not None and outcome is Outcome.FAILED:
            outcome = Outcome.NO_ANSWER  # faults named "rang" must have rung
        ring = _between(settings.ring_seconds, draw())
        if asked.max_ring_seconds is not None:
            ring = min(ring, asked.max_ring_seconds)
        return Plan(
            outcome,
            reply_fault,
            push_fault,
            _between(settings.agent_ring_seconds, draw()) if asked.agent_rings_first else 0.0,
            ring,
            _between(settings.talk_seconds, draw()),
            _between(settings.push_delay_seconds, draw()),
            _between(settings.reply_delay_seconds, draw()),
            disposition,
        )

    def refused_before(self, number: str) -> bool:
        """Return whether a number was refused once already; from now on it was."""
        key = number_key(number)
        if key in self.refused_once:
            return True
        self.refused_once.add(key)
        return False


def _between(bounds: tuple[float, float], point: float) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * point
