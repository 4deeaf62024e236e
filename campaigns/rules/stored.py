"""The rules as they are stored, turned into the values that ``deciding`` takes; and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any

from campaigns.rules.calendars import Calendar, calendar_problem, own_days
from campaigns.rules.caps import LONGEST_CAP_HOURS, Cap, Caps
from campaigns.rules.deciding import Profile
from campaigns.rules.hours import EVERY_DAY, CronWindow, Hours, Window
from campaigns.rules.walls import BrokenRule

LONGEST_GAP_SECONDS = 90 * 24 * 3600
#: What calls can be for; see campaigns.models.Purpose.
PURPOSES = frozenset({"PROMOTIONAL", "SERVICE", "RECOVERY"})
_PROFILE_KEYS = {"windows", "holidays", "caps", "minimum_gap_seconds", "series", "required_fields"}


def window_of(stored: Mapping[str, Any]) -> Window | CronWindow:
    """Return a window of ``days`` ("12345", 1 is Monday), ``opens`` and ``closes`` (HH:MM), or of two crons."""
    if stored.get("opens_cron") or stored.get("closes_cron"):
        return CronWindow(opens=str(stored.get("opens_cron", "")), closes=str(stored.get("closes_cron", "")))
    try:
        return Window(
            opens=time.fromisoformat(str(stored["opens"])),
            closes=time.fromisoformat(str(stored["closes"])),
            days=days_of(str(stored.get("days") or "1234567")),
        )
    except (KeyError, ValueError) as error:
        raise BrokenRule("A window needs the times opens and closes, such as 09:00 and 18:30.") from error


def days_of(text: str) -> frozenset[int]:
    """Return ISO weekdays of "12345". Raises BrokenRule."""
    days = frozenset(int(character) for character in text if character.isdecimal())
    if not days or not days <= EVERY_DAY or not text.isdecimal():
        raise BrokenRule(f"{text!r} names no weekdays: write 12345 for Monday to Friday.")
    return days


def hours_of(
    windows: Iterable[Mapping[str, Any]],
    *,
    country: str = "",
    subdivision: str = "",
    own: Iterable[str] = (),
    opened: Iterable[str] = (),
) -> Hours:
    """Return calling hours; ``own`` are days without calls, ``opened`` holidays with calls. Raises BrokenRule."""
    found = tuple(window_of(stored) for stored in windows)
    problems = [problem for window in found for problem in window.problems()]
    if problems:
        raise BrokenRule(problems[0])
    calendar = Calendar(country=country, subdivision=subdivision, own=own_days(own), opened=own_days(opened))
    return Hours(windows=found, calendar=calendar)


def caps_of(stored: Iterable[Mapping[str, Any]], *, minimum_gap_seconds: int = 0) -> Caps:
    """Return caps such as {"calls": 3, "hours": 24}. Raises BrokenRule."""
    caps = []
    for one in stored:
        calls, hours = (one.get("calls"), one.get("hours")) if isinstance(one, Mapping) else (None, None)
        if not _is_number(calls, whole=True, most=10_000) or not _is_number(hours, whole=False, most=LONGEST_CAP_HOURS):
            raise BrokenRule(f'A cap is {{"calls": 3, "hours": 24}}, with up to {LONGEST_CAP_HOURS} hours.')
        caps.append(Cap(calls=int(calls), hours=float(hours)))  # type: ignore[arg-type]
    return Caps(caps=tuple(sorted(caps)), minimum_gap_seconds=minimum_gap_seconds)


def _is_number(value: Any, *, whole: bool, most: int) -> bool:
    kinds = (int,) if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and 0 < value <= most


def profile_of(*, slug: str, version: int, rules: Mapping[str, Any]) -> Profile:
    """Return a profile. Raises BrokenRule for what it does not know: a misspelt rule must not be no rule."""
    unknown = sorted(set(rules) - _PROFILE_KEYS)
    if unknown:
        raise BrokenRule(f"{', '.join(unknown)}: unknown; known are {', '.join(sorted(_PROFILE_KEYS))}.")
    windows = rules.get("windows") or []
    gap = rules.get("minimum_gap_seconds") or 0
    if not isinstance(gap, int) or isinstance(gap, bool) or not 0 <= gap <= LONGEST_GAP_SECONDS:
        raise BrokenRule(f"minimum_gap_seconds: enter whole seconds up to {LONGEST_GAP_SECONDS}.")
    country, subdivision = _place(rules)
    try:
        hours = hours_of(windows, country=country, subdivision=subdivision) if windows else None
        return Profile(
            slug=slug,
            version=version,
            hours=hours,
            caps=caps_of(rules.get("caps") or [], minimum_gap_seconds=gap),
            series=_series(rules.get("series") or {}),
            required_fields=_texts("required_fields", rules.get("required_fields") or []),
        )
    except (AttributeError, TypeError) as error:
        raise BrokenRule("The rules have not the shape of the profiles that come with the project.") from error


def _place(rules: Mapping[str, Any]) -> tuple[str, str]:
    """Return the country and the subdivision whose public holidays are meant, empty for none. Raises BrokenRule."""
    holidays = rules.get("holidays") or {}
    place = (holidays.get("country", ""), holidays.get("subdivision", "")) if isinstance(holidays, Mapping) else ()
    if not place or not all(isinstance(part, str) for part in place):
        raise BrokenRule('holidays: enter an object such as {"country": "IN", "subdivision": "MH"}.')
    return place[0], place[1]


def _series(given: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return beginnings of numbers by purpose. Raises BrokenRule for a purpose that no call has."""
    if unknown := sorted(set(given) - PURPOSES):
        raise BrokenRule(f"series: {', '.join(unknown)}: no such purpose; known are {', '.join(sorted(PURPOSES))}.")
    return {purpose: _texts("series", texts) for purpose, texts in given.items()}


def _texts(name: str, given: Any) -> tuple[str, ...]:
    """Return a list of texts. Raises BrokenRule: a text by itself would be a list of its characters."""
    if not isinstance(given, list) or not all(isinstance(text, str) and text for text in given):
        raise BrokenRule(f"{name}: enter a list of texts.")
    return tuple(given)


def profile_problems(rules: Any) -> list[str]:
    """Return what is wrong with a profile's rules, as sentences."""
    if not isinstance(rules, Mapping):
        return ["Enter a JSON object."]
    try:
        profile_of(slug="new", version=1, rules=rules)
    except BrokenRule as error:
        return [str(error)]
    problem = calendar_problem(*_place(rules))
    return [problem] if problem else []
