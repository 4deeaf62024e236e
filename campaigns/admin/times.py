"""Instants on pages: by a clock that is named, in one format, how far they are where they are near, UTC on hover."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.rules.walls import at_clock, from_now

register = template.Library()
#: What stands where there is no instant.
NONE = SafeString("–")


def shown(at: datetime | None, *, zone: str, now: datetime, seconds: bool = False) -> SafeString:
    """Return an instant as HTML. ``zone``: IANA name; empty: UTC."""
    if at is None:
        return NONE
    utc = at.astimezone(UTC)
    near = from_now(at, now=now)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>{}',
        f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        f"{utc:%d %b %Y %H:%M:%S} UTC",
        at_clock(at, zone=zone or "UTC", now=now, seconds=seconds),
        f", {near}" if near else "",
    )


@register.filter
def clock(at: datetime | None, zone: str = "UTC") -> SafeString:
    """Show an instant by the clock of a zone."""
    return shown(at, zone=zone, now=timezone.now())


@register.filter
def clock_seconds(at: datetime | None, zone: str = "UTC") -> SafeString:
    """Show an instant to the second."""
    return shown(at, zone=zone, now=timezone.now(), seconds=True)
