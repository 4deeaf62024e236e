"""The lists and the refreshing parts of the admin, found from the site itself: its sidebar, its filters, its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db import models
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone

from campaigns.admin.tabs import TABS, address_of_tab
from dialer.admin.base import LAST_PAGE, NoCountPaginator
from dialer.admin.navigation import sidebar

#: What is typed into the search of a list besides a number: its last figures, an id, a word.
SOUGHT = ("4321", "#1", "asha")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An address that somebody can ask for. ``name``: what it is, for reports."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a page asks for again and again. ``trigger``: when, as htmx reads it; empty: a script asks."""

    page: str
    address: str
    trigger: str


class _Read(HTMLParser):
    """Gathers what a page asks for again and again, and where its links lead."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.parts: list[Part] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        trigger, asked = given.get("hx-trigger", ""), given.get("hx-get", "")
        if "every " in trigger:
            self.parts.append(Part(page=self.page.name, address=self._whole(asked), trigger=trigger))
        if "data-url" in given:
            self.parts.append(Part(page=self.page.name, address=self._whole(given["data-url"]), trigger=""))
        if tag == "a" and given.get("href"):
            self.links.append(self._whole(given["href"]))

    def _whole(self, address: str) -> str:
        return urljoin(self.page.address, address)


def read(client: Client, page: Page) -> tuple[list[Part], list[str]]:
    """Return the parts of a page that renew themselves, and its links. It must answer."""
    reply = client.get(page.address)
    assert reply.status_code == 200, page
    found = _Read(page)
    found.feed(reply.content.decode())
    return found.parts, found.links


def sidebar_pages(user: Any) -> list[Page]:
    """Return the pages of the sidebar, as the site gives them to a user."""
    (group,) = sidebar(_asked_by(user))
    items = [item for entry in group["items"] for item in (entry["items"] or [entry])]
    return [Page(name=item["title"], address=item["link"]) for item in items]


def watched_pages(*, campaign_id: int) -> list[Page]:
    """Return the pages that somebody keeps open: home, the tabs of a campaign, the list of campaigns."""
    tabs = [Page(name=f"tab {tab}", address=address_of_tab(campaign_id, tab)) for tab in TABS]
    campaigns = Page(name="list of campaigns", address=reverse("admin:campaigns_campaign_changelist"))
    return [Page(name="home", address=reverse("admin:index")), *tabs, campaigns]


def parts_of_site(client: Client, user: Any, *, campaign_id: int) -> list[Part]:
    """Return every part that a page asks for again and again: of the watched pages, and of a row of each list."""
    pages = [*watched_pages(campaign_id=campaign_id), *row_pages(user)]
    found = {urlsplit(part.address).path: part for page in pages for part in read(client, page)[0]}
    return list(found.values())


def row_pages(user: Any) -> Iterator[Page]:
    """Give the page of the newest row of each list."""
    for page in sidebar_pages(user):
        model_admin = _list_of(page.address)
        row = model_admin.model._default_manager.order_by("-pk").first() if model_admin is not None else None
        if row is not None:
            address = reverse(f"admin:{_named(model_admin.model)}_change", args=[row.pk])
            yield Page(name=f"{page.name} #{row.pk}", address=address)


def linked_rows(client: Client, *, campaign_id: int) -> list[Page]:
    """Return the lists that the numbers of the watched pages lead to, each once, with what they are filtered by."""
    lists = {reverse(f"admin:{_named(model)}_changelist") for model in admin.site._registry}
    found: dict[str, Page] = {}
    for page in watched_pages(campaign_id=campaign_id):
        for link in read(client, page)[1]:
            to = urlsplit(link)
            if to.path in lists and to.query:
                found.setdefault(link, Page(name=f"{page.name} → {to.path.split('/')[-2]}?{to.query}", address=link))
    return list(found.values())


def list_pages(user: Any, *, most: int | None = None) -> Iterator[Page]:
    """Give every list of the sidebar: as it is, by each choice of each filter, searched, sorted, and its last page.

    ``most``: of one filter, of texts to search for and of columns to sort by no more, the first ones; None: all.
    """
    request = _asked_by(user)
    for page in sidebar_pages(user):
        yield page
        model_admin = _list_of(page.address)
        if model_admin is not None:
            for what, query in _queries(model_admin, request, most):
                yield Page(name=f"{page.name}, {what}", address=f"{page.address}?{urlencode(query)}")


def _asked_by(user: Any) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def _named(model: type[models.Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def _list_of(address: str) -> Any:
    """Return the list at an address; None where another page is."""
    name = resolve(address).url_name or ""
    return next((one for model, one in admin.site._registry.items() if name == f"{_named(model)}_changelist"), None)


def _queries(model_admin: Any, request: HttpRequest, most: int | None) -> Iterator[tuple[str, dict[str, Any]]]:
    changes = model_admin.get_changelist_instance(request)
    for spec in changes.filter_specs:
        for query in _choices(spec)[:most]:
            yield f"filter {urlencode(query)}", query
    if model_admin.get_search_fields(request):
        for text in (_some_number(model_admin.model), *SOUGHT)[:most]:
            yield f"search {text}", {"q": text}
    sortable = set(model_admin.get_sortable_by(request))
    columns = [
        (nth, column)
        for nth, column in enumerate(changes.list_display)
        if column in sortable and changes.get_ordering_field(column)
    ]
    for nth, column in columns[:most]:
        yield f"sort -{column}", {"o": f"-{nth}"}
    last = LAST_PAGE if isinstance(changes.paginator, NoCountPaginator) else changes.paginator.num_pages
    yield f"page {last}", {"p": last}


def _choices(spec: Any) -> list[dict[str, Any]]:
    """Return what each choice of a filter asks for; of a filter by another table its first and last row."""
    if isinstance(spec, SimpleListFilter):
        return [{str(spec.parameter_name): value} for value, _ in spec.lookup_choices]
    path, field = spec.field_path, spec.field
    if isinstance(field, models.DateTimeField):
        days = [timezone.now() - timedelta(days=days) for days in (300, 1)]
        return [{f"{path}_from_0": f"{day:%Y-%m-%d}", f"{path}_from_1": "00:00:00"} for day in days] + [
            {f"{path}_to_0": f"{day:%Y-%m-%d}", f"{path}_to_1": "00:00:00"} for day in days
        ]
    if field.is_relation:
        rows = field.related_model._default_manager.order_by("pk")
        ids = {row.pk for row in (rows.first(), rows.last()) if row is not None}
        return [{f"{path}__{field.target_field.name}__exact": pk} for pk in sorted(ids)]
    if field.flatchoices:
        return [{f"{path}__exact": value} for value, _ in field.flatchoices]
    return [{f"{path}__exact": value} for value in ("1", "0")]


def _some_number(model: type[models.Model]) -> str:
    """Return a number that the list has, else one that it has not."""
    if any(field.name == "number" for field in model._meta.get_fields()):
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            return str(getattr(row, "number", ""))
    return "+917000000007"
