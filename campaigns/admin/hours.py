"""The picture of the next seven days beside the week grid, drawn of what is in the form, saved or not."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from campaigns.admin.inputs.days import days_field
from campaigns.admin.inputs.picture import picture_of
from campaigns.admin.inputs.week import week_field
from campaigns.models import HoursFollow, RulesProfile
from campaigns.rules.calendars import next_holidays
from campaigns.rules.cron_windows import window_times
from campaigns.rules.deciding import Profile
from campaigns.rules.hours import Hours
from campaigns.rules.stored import hours_of, profile_of
from campaigns.rules.walls import BrokenRule
from dialer.admin.places import CountryField, ZoneField

#: So many instants of a cron expression, and so many holidays, are shown.
NEXT_TIMES, MOST_HOLIDAYS = 5, 6
PAGE = "admin/campaigns/inputs/picture.html"


@require_POST
def hours_picture(request: HttpRequest) -> HttpResponse:
    """Answer with the picture of the hours in the form that was sent, or with what keeps them from being drawn."""
    context: dict[str, Any] = {}
    try:
        context = _drawn(request, timezone.now())
    except ValidationError as error:
        context["problem"] = " ".join(error.messages)
    except BrokenRule as error:
        context["problem"] = str(error)
    response = render(request, PAGE, context)
    response["Cache-Control"] = "no-store"
    return response


def _drawn(request: HttpRequest, now: datetime) -> dict[str, Any]:
    name = request.POST.get("picture_of", "")
    field = week_field(label="Hours")
    entries = field.clean(field.widget.value_from_datadict(request.POST, None, name))
    zone_name = ZoneField(required=False).clean(request.POST.get("time_zone", "")) or "UTC"
    hours, profile = _hours(request, entries), _profile(request)
    today = now.astimezone(ZoneInfo(zone_name)).date()
    return {
        "picture": picture_of(hours=hours, profile=profile.hours if profile else None, zone_name=zone_name, at=now),
        "clock": _clock(request, zone_name),
        "profile": profile,
        "holidays": next_holidays(calendar=hours.calendar, today=today)[:MOST_HOLIDAYS],
        "crons": [
            (expression, _times(expression, zone_name, now))
            for one in entries
            for key in ("opens_cron", "closes_cron")
            if (expression := one.get(key))
        ],
    }


def _hours(request: HttpRequest, entries: list[dict[str, Any]]) -> Hours:
    days = days_field()
    own, opened = (
        days.clean(days.widget.value_from_datadict(request.POST, None, name))
        for name in ("blackout_dates", "open_dates")
    )
    country = CountryField().clean(request.POST.get("holiday_country", ""))
    subdivision = request.POST.get("holiday_subdivision", "").strip()
    if not entries:
        raise BrokenRule("Enter hours to see them drawn.")
    return hours_of(entries, country=country, subdivision=subdivision, own=own, opened=opened)


def _profile(request: HttpRequest) -> Profile | None:
    given = request.POST.get("profile", "")
    row = RulesProfile.objects.filter(pk=int(given[:18])).first() if given.isdecimal() else None
    return profile_of(slug=row.name, version=row.version, rules=row.rules) if row is not None else None


def _clock(request: HttpRequest, zone_name: str) -> str:
    if "time_zone" not in request.POST:
        return "By the contact's clock; drawn for a contact in UTC."
    if request.POST.get("hours_follow") == HoursFollow.CONTACT:
        return f"By the contact's clock; drawn for a contact in {zone_name}."
    return f"By the clock of {zone_name}."


def _times(expression: str, zone_name: str, now: datetime) -> list[str]:
    found = window_times(expression=expression, zone_name=zone_name, after=now, most=NEXT_TIMES)
    return [f"{at.astimezone(ZoneInfo(zone_name)):%a %d %b %H:%M}" for at in found] or ["never"]
