"""Time zones and countries as an input that searches while one types: a page holds none of their hundreds of names."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse_lazy
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from dialer.numbering.clocks import zones_by_country
from dialer.numbering.zone_names import ZoneProblem, read_zone

#: Browsers keep the names so long.
KEPT_SECONDS = 24 * 3600


@lru_cache(maxsize=1)
def countries() -> Mapping[str, str]:
    """Return the names of countries by their codes (ISO 3166, as the IANA database lists them)."""
    lines = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if line and not line.startswith("#"))


def _zones() -> list[tuple[str, str]]:
    now, places = timezone.now(), _places()
    return [(name, f"{places.get(name, '')} {_offset(name, now)}".strip()) for name in sorted(places)]


@lru_cache(maxsize=1)
def _places() -> Mapping[str, str]:
    """Return every zone with its countries."""
    found = dict.fromkeys(zoneinfo.available_timezones(), "")
    for code, zones in zones_by_country().items():
        for name in zones:
            found[name] = ", ".join(filter(None, (found.get(name, ""), countries().get(code, code))))
    return found


def _offset(name: str, at: datetime) -> str:
    minutes = (at.astimezone(zoneinfo.ZoneInfo(name)).utcoffset() or timedelta()) // timedelta(minutes=1)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _countries() -> list[tuple[str, str]]:
    return sorted(countries().items())


KINDS: Mapping[str, Callable[[], list[tuple[str, str]]]] = {"zones": _zones, "countries": _countries}


def places(request: HttpRequest, kind: str) -> JsonResponse:
    """Answer with all zones or countries, each with what it is found by."""
    if kind not in KINDS:
        raise Http404
    response = JsonResponse({"places": KINDS[kind]()})
    response["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return response


class PlaceInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A text whose names are offered while one types; they are fetched once, when it gets the focus."""

    def __init__(self, kind: str, **attrs: str) -> None:
        address = reverse_lazy("admin:dialer_places", args=[kind])
        super().__init__(attrs={"data-places": address, "autocomplete": "off", "spellcheck": "false", **attrs})

    @property
    def media(self) -> forms.Media:
        """The script that fetches them."""
        return forms.Media(js=["dialer/places.js"])


class ZoneField(forms.CharField):
    """A time zone, by its IANA name or as Windows writes it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", PlaceInput("zones", placeholder="Type a city or a country, e.g. Kolkata"))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        """Return the IANA name. Raises ValidationError with what to write."""
        text = super().clean(value)
        if text in zoneinfo.available_timezones():
            return text
        found = read_zone(text)
        if isinstance(found, ZoneProblem):
            raise ValidationError(found.message)
        return found


class CountryField(forms.CharField):
    """A country by its code, in any case, or by its name."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", PlaceInput("countries", placeholder="e.g. IN"))
        super().__init__(required=kwargs.pop("required", False), **kwargs)

    def to_python(self, value: Any) -> str:
        """Return the code; what names no country is returned in capitals, for the model to judge."""
        text = super().to_python(value) or ""
        by_name = {name.casefold(): code for code, name in countries().items()}
        return by_name.get(text.casefold(), text.upper())
