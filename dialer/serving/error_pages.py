"""What is said where a page is not there, may not be seen, or failed: in the house's style, with a way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

ASK = "If you need it, ask an administrator: he gives roles under Settings → Users."


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    said = ["There is nothing at this address. It may have been deleted, or the link was cut short."]
    return _page(request, status=404, title="Nothing is here", said=said)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403. What was to be done is named where that is known."""
    what = str(exception)
    return _page(request, status=403, title="You may not do this", said=[*([what] if what else []), ASK])


def not_acceptable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    said = ["The address asks for something that this page does not know. Nothing was changed."]
    return _page(request, status=400, title="This cannot be understood", said=said)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token does not fit: mostly one that was open while somebody logged in anew."""
    said = [
        "The form was not taken, and nothing was changed: it was open since before you logged in, or cookies are off.",
        "Go back, load the page anew, and send it again.",
    ]
    return _page(request, status=403, title="Send this form again", said=said)


def failed(request: HttpRequest) -> HttpResponse:
    """500. It stands alone: what failed may be what other pages are made of."""
    said = (
        "Something failed here. It is in the log, and was not your fault.",
        "What you asked for may have been done, or not: look before you do it again.",
    )
    context = {"title": "Something failed", "said": said, "back": back_of(request), "home": reverse("admin:index")}
    return render(request, "dialer/plain.html", context, status=500)


def back_of(request: HttpRequest) -> str:
    """Return the page that somebody came from, where it is one of ours and not this one; else nothing."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return referer if ours and referer != request.build_absolute_uri() else ""


def _page(request: HttpRequest, *, status: int, title: str, said: Sequence[str]) -> HttpResponse:
    context: dict[str, Any] = {"title": title, "said": said, "back": back_of(request), "home": reverse("admin:index")}
    user = getattr(request, "user", None)
    if user is None or not (user.is_active and user.is_staff):
        return render(request, "dialer/plain.html", context, status=status)
    return render(request, "admin/dialer/problem.html", {**admin.site.each_context(request), **context}, status=status)
