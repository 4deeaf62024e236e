"""Instants on pages: by the reader's clock, which is named, in one format; beside it by that of whom they belong to.

How far they are is said where they are near; UTC on hover.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime
from typing import Any, cast

from django import forms, template
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from dialer import reader
from dialer.reader import at_clocks
from dialer.wall_clocks import LAST_INSTANT, TOO_LATE, from_now

register = template.Library()
#: What stands where there is no instant.
NONE = SafeString("–")


def shown(at: datetime | None, *, zone: str, now: datetime, seconds: bool = False) -> SafeString:
    """Return an instant as HTML. ``zone``: IANA name of whom it belongs to; empty: UTC."""
    if at is None:
        return NONE
    utc = at.astimezone(UTC)
    near = from_now(at, now=now)
    said = format_html(
        '<time datetime="{}" title="{}">{}</time>',
        f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        f"{utc:%d %b %Y %H:%M:%S} UTC",
        at_clocks(at, zone=zone, now=now, seconds=seconds),
    )
    # One piece: a card of a list sets the pieces of a cell apart.
    return format_html("<span>{}, {}</span>", said, near) if near else said


@register.filter
def clock(at: datetime | None, zone: str = "") -> SafeString:
    """Show an instant by the reader's clock, and by that of a zone beside it."""
    return shown(at, zone=zone, now=timezone.now())


@register.filter
def clock_seconds(at: datetime | None, zone: str = "") -> SafeString:
    """Show an instant to the second."""
    return shown(at, zone=zone, now=timezone.now(), seconds=True)


@register.filter
def day_clock(at: datetime | None, zone: str = "") -> SafeString:
    """Show an instant in few figures by the reader's clock, which a head names; on hover also by that of a zone."""
    if at is None:
        return NONE
    now, info, utc = timezone.now(), zoneinfo.ZoneInfo(my_zone_name()), at.astimezone(UTC)
    wall, today = min(at, LAST_INSTANT).astimezone(info), now.astimezone(info).date()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        f"{utc:%Y-%m-%dT%H:%M:%SZ}",
        f"{at_clocks(at, zone=zone, now=now)}, {utc:%d %b %Y %H:%M:%S} UTC",
        f"{wall:%H:%M}" if wall.date() == today else f"{wall.day} {wall:%b %H:%M}",
    )


@register.simple_tag
def my_zone() -> str:
    """Return what the reader's zone is called now, as IST: for the heads of columns."""
    return reader.letters(timezone.now())


@register.simple_tag
def my_zone_name() -> str:
    """Return the IANA name of the reader's zone, for scripts."""
    return reader.zone() or "UTC"


class _Zoned:
    """Words that name the reader's zone when they are put on a page."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __str__(self) -> str:
        return f"{self._words} ({my_zone()})"


def in_my_zone(words: str) -> str:
    """Return a label of a form that names the reader's zone: "Until (IST)"."""
    return cast("str", lazystr(_Zoned(words)))


def in_readers_zone(help_text: str) -> str:
    """Return the help of an input of an instant, naming the zone that it is taken in; columns say that they are UTC."""
    said = re.sub(r"\s*\b(In )?UTC\.$", "", help_text)
    return f"{said} In {my_zone()}.".strip()


def instant_widget() -> forms.Widget:
    """Return the input of an instant: the browser's own, with a calendar."""
    return cast("forms.Widget", UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}))


def instant_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateTimeField:
    """Return a field of an instant by the reader's clock, which its label names."""
    return forms.DateTimeField(
        label=in_my_zone(label),
        required=required,
        help_text=help_text,
        widget=instant_widget(),
        validators=[not_too_late],
    )


def not_too_late(at: datetime) -> None:
    """Raise ValidationError for an instant that not every zone's clock can show."""
    if at > LAST_INSTANT:
        raise ValidationError(TOO_LATE)


class WallTimeField(forms.DateTimeField):
    """What a clock on a wall shows, of a zone that another input names: without a zone of its own."""

    def to_python(self, value: Any) -> datetime | None:
        """Return it naive. Raises ValidationError."""
        with timezone.override(zoneinfo.ZoneInfo("UTC")):
            at = super().to_python(value)
        return at.replace(tzinfo=None) if at is not None else None
