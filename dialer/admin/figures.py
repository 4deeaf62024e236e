"""Figures on pages, as people read them: 1,000,000."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.filter
def many(value: Any) -> Any:
    """Return a whole number with its thousands apart; what is none stays as it is."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value


@register.filter
def spent(seconds: float) -> str:
    """Return how long something took: 61 s, 3 min 5 s, 2 h 15 min."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 2:
        return f"{whole} s"
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"
