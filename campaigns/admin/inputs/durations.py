"""Durations with their unit: 15 min, 1 h 30 min, 2 d. Stored in whole seconds."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

_SIZES = {"d": 86400, "h": 3600, "min": 60, "s": 1}
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400),
}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]*)\s*", re.IGNORECASE)


def duration_text(seconds: int) -> str:
    """Return seconds in the largest unit that tells them exactly: 90 min, 2 d, 7201 s."""
    unit = next(name for name, size in _SIZES.items() if seconds % size == 0 and (seconds >= size or size == 1))
    return f"{seconds // _SIZES[unit]} {unit}"


def seconds_of(text: str) -> int:
    """Return the seconds of a duration with its unit. Raises ValueError with a sentence."""
    total, rest = 0.0, text.strip()
    if not rest:
        raise ValueError("Enter a time with its unit, such as 15 min or 2 h.")
    while rest:
        found = _PART.match(rest)
        if found is None:
            raise ValueError(f"“{text.strip()}” is no time: write 15 min, 2 h or 1 d.")
        if not found[2]:
            raise ValueError(f"“{text.strip()}” says no unit: write {found[1]} min, {found[1]} h or {found[1]} d.")
        if found[2].lower() not in _UNITS:
            raise ValueError(f"“{found[2]}” is no unit: use s, min, h, d or w.")
        total += float(found[1]) * _UNITS[found[2].lower()]
        rest = rest[found.end() :]
    if abs(total - round(total)) > 1e-6:
        raise ValueError(f"“{text.strip()}” is no whole number of seconds.")
    return round(total)


class DurationField(forms.CharField):
    """Whole seconds, entered with a unit. Empty: ``empty_seconds``, or nothing where that is None."""

    def __init__(self, *, empty_seconds: int | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"placeholder": "1 h", "autocomplete": "off"}))
        super().__init__(required=False, **kwargs)
        self.empty_seconds = empty_seconds

    def prepare_value(self, value: Any) -> Any:
        """Return seconds with their unit; what was just entered stays as it is."""
        return duration_text(value) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else value

    def clean(self, value: Any) -> Any:
        """Return seconds. Raises ValidationError."""
        text = str(super().clean(value) or "").strip()
        if not text:
            if self.empty_seconds is None:
                raise forms.ValidationError("Enter a time with its unit, such as 15 min or 2 h.")
            return self.empty_seconds
        try:
            return seconds_of(text)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from problem

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as text."""
        return bool(super().has_changed(self.prepare_value(initial), data))
