"""What looking at an account found: sentences for a manager, each with what to do about it."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass
from typing import Any


class Verdict(enum.StrEnum):
    """PROBLEM: calls or results do not get through. WARNING: they do, less well. UNKNOWN: it cannot be told."""

    OK = "OK"
    WARNING = "WARNING"
    PROBLEM = "PROBLEM"
    UNKNOWN = "UNKNOWN"


class Subject(enum.StrEnum):
    """What a finding is about."""

    SETTINGS = "settings"
    REACH = "reach"
    KEY = "key"
    CLOCK = "clock"
    CAPACITY = "capacity"
    NUMBERS = "numbers"
    PUSHES = "pushes"
    RESULTS = "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. ``text`` says what is, ``remedy`` what to do; neither holds a secret."""

    subject: Subject
    verdict: Verdict
    text: str
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it for the API and the command."""
        return {name: str(value) for name, value in asdict(self).items()}


def fine(subject: Subject, text: str) -> Finding:
    """Return that ``subject`` is as it should be."""
    return Finding(subject=subject, verdict=Verdict.OK, text=text)


def problem(subject: Subject, text: str, remedy: str) -> Finding:
    """Return what keeps calls or results from getting through."""
    return Finding(subject=subject, verdict=Verdict.PROBLEM, text=text, remedy=remedy)


def warning(subject: Subject, text: str, remedy: str = "") -> Finding:
    """Return what is not as it should be, although calls get through."""
    return Finding(subject=subject, verdict=Verdict.WARNING, text=text, remedy=remedy)


def unknown(subject: Subject, text: str, remedy: str = "") -> Finding:
    """Return what could not be told."""
    return Finding(subject=subject, verdict=Verdict.UNKNOWN, text=text, remedy=remedy)
