"""Whose clock the pages show to a user: he chooses it himself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from dialer.admin.pages import ask_page
from dialer.admin.places import ZoneField
from dialer.models import Reader

NOTES = (
    "Every page of the admin shows times in this zone, and takes them in it. What belongs to a campaign has the "
    "campaign's own time beside it where that is another one. REST, files and logs say UTC to everybody.",
)


class ZoneForm(forms.Form):
    """The zone."""

    time_zone = ZoneField(label="Your time zone", required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        usual = settings.DIALER_TIME_ZONE or "UTC, and campaigns by their own clocks"
        self.fields["time_zone"].help_text = f"Empty: the installation's ({usual})."


def zone_page(request: HttpRequest) -> HttpResponse:
    """Ask for the zone, and keep it."""
    user: Any = request.user
    own = Reader.objects.filter(user=user).first()
    form = ZoneForm(request.POST or None, initial={"time_zone": own.time_zone if own is not None else ""})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["time_zone"]
        Reader.objects.update_or_create(user=user, defaults={"time_zone": chosen})
        messages.success(request, f"Pages show times in {chosen or settings.DIALER_TIME_ZONE or 'UTC'}.")
        return redirect("admin:index")
    back = reverse("admin:index")
    return ask_page(request, form=form, title="Your time zone", label="Save", back=back, model=User, notes=NOTES)


def zone_urls() -> list[URLPattern]:
    """Return the address of the page."""
    return [path("admin/zone/", admin.site.admin_view(zone_page), name="own_zone")]
