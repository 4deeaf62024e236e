"""One search on every page: each app says what it finds, and each reader is shown what he may see.

Opened by Ctrl-K or the button at the top, in a dialog that asks while one types; without a script it is a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from dialer.acts import Act
from dialer.acts.telephone import SEE_NUMBERS

#: Nothing that is looked for is longer.
LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing found, in a line of two parts, and its page. ``in_sandbox``: nobody was called by it."""

    title: str
    detail: str
    url: str
    in_sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one kind has; ``note``: what to type instead where it can say so."""

    hits: Sequence[Hit]
    note: str = ""


#: Looks for a text; the second argument: whether whole numbers may be seen.
Find = Callable[[str, bool], Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """A kind of thing that is found, shown under its title to those who may do ``act``."""

    title: str
    act: Act
    find: Find


_finders: list[Finder] = []


def finder(title: str, *, act: Act) -> Callable[[Find], None]:
    """Register a kind of thing; decorates the function that finds it."""

    def register(find: Find) -> None:
        _finders.append(Finder(title=title, act=act, find=find))

    return register


def search(request: HttpRequest) -> HttpResponse:
    """Answer with what is found: a part for the dialog, a page for everybody else."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    sees_numbers = SEE_NUMBERS.may(request.user)
    seen = [one for one in _finders if one.act.may(request.user)] if text else []
    found = [(one, one.find(text, sees_numbers)) for one in seen]
    context: dict[str, Any] = {
        "text": text,
        "groups": [{"title": one.title, "hits": its.hits} for one, its in found if its.hits],
        "notes": list(dict.fromkeys(its.note for _, its in found if its.note)),
    }
    if "HX-Request" in request.headers:
        response = render(request, "admin/dialer/found.html", context)
    else:
        context |= {**admin.site.each_context(request), "title": "Search"}
        response = render(request, "admin/dialer/search.html", context)
    response["Cache-Control"] = "no-store"
    return response


def search_urls() -> list[URLPattern]:
    """Return the address of the search."""
    return [path("admin/find/", admin.site.admin_view(search), name="find")]
