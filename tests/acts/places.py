"""Every place of the product where somebody can do something, found by walking its URLs, with the act it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from dialer.acts import Act, asked, of, table
from dialer.api.permissions import MayByTable, act_of

#: What Django's own pages of a table do, by the ends of their names: GET, then POST.
PAGES: dict[str, tuple[str, str]] = {
    "changelist": ("view", "view"),
    "add": ("add", "add"),
    "change": ("view", "change"),
    "delete": ("delete", "delete"),
    "history": ("view", "view"),
    "password_change": ("change", "change"),
}
#: Addresses that ask for no act, and why.
OPEN = {
    "": "leads to the admin",
    "admin/": "the first page: shows what its reader may see",
    "admin/login/": "logging in",
    "admin/logout/": "logging out",
    "admin/password_change/": "one's own password",
    "admin/password_change/done/": "one's own password",
    "admin/autocomplete/": "asks the act on the table that it searches",
    "admin/jsi18n/": "words of the interface",
    "admin/dialer/provideraccount/places/<slug:kind>/": "names of time zones and countries",
    "admin/zone/": "one's own time zone: changes what oneself is shown",
    "admin/search/": "asks the act on each table",
    "admin/find/": "asks the act on each kind of thing that it finds",
    "admin/r/<path:content_type_id>/<path:object_id>/": "leads to pages that ask",
    "admin/(?P<url>.*)$": "nothing is there",
    "api/v1/health/": "says that the process lives",
    "metrics": "asks for the token of Prometheus",
    "api/v1/ready/": "says that its servers answer",
    "api/v1/openapi.json": "the document of the API",
    "api/v1/docs/": "the document of the API",
    "^api/": "nothing is there",
}
#: The id of a row that is not there.
NO_ROW = "999999999"
#: One page turns the switch; its table has no other.
OTHERWISE = {("dialer_switchboard_changelist", "POST"): "dialer.switchboard.change"}
#: Providers push here, with the token of their account.
PUSHES = "^/*push/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One thing that can be asked of one address. ``act`` None: the table has none for it, and nobody may."""

    face: str
    path: str
    method: str
    act: Act | None
    name: str = ""
    model_admin: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def url(self) -> str:
        """An address of this place; where it is about a row, of one that is not there."""
        return "/" + filled(self.path)


def filled(path: str) -> str:
    """Return an address of a pattern."""
    known = {
        "(?P<pk>[0-9]+)": NO_ROW,
        "(?P<pk>[^/.]+)": NO_ROW,
        "<int:pk>": NO_ROW,
        "<path:object_id>": NO_ROW,
        "<int:list_id>": NO_ROW,
        "<id>": NO_ROW,
    }
    for part, value in {
        **known,
        "<slug:verb>": "start",
        "<slug:step>": "what",
        "<slug:form>": "csv",
        "^": "",
        "$": "",
    }.items():
        path = path.replace(part, value)
    return path


def leaves(patterns: Any = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Give every address of the project with its pattern, except those that providers push to."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(one.pattern)
        if path == PUSHES:
            continue
        if isinstance(one, URLResolver):
            yield from leaves(one.url_patterns, path)
        else:
            yield path, one


def places() -> list[Place]:
    """Return every place. Raises AssertionError for an address that asks nothing and is not in OPEN."""
    found: list[Place] = []
    unknown: list[str] = []
    for path, pattern in leaves():
        here = list(_at(path, pattern))
        found += here
        if not here and path not in OPEN and pattern.name != "app_list":
            unknown.append(path)
    assert unknown == [], "these addresses ask the table of acts for nothing"
    return found + list(_actions())


def _at(path: str, pattern: URLPattern) -> Iterator[Place]:
    if path in OPEN or pattern.name == "app_list":  # names of tables
        return
    if path.startswith("api/"):
        yield from _rest(path, pattern.callback)
    elif hasattr(pattern.callback, "act"):
        for method in ("GET", "POST"):
            act = asked(pattern.callback.act, method=method)
            yield Place(face="admin", path=path, method=method, act=act, name=str(pattern.name))
    else:
        yield from _django(path, str(pattern.name))


def _rest(path: str, callback: Any) -> Iterator[Place]:
    made = callback.cls(**callback.initkwargs)
    made.action_map = getattr(callback, "actions", None)
    assert made.permission_classes[0] is MayByTable, path  # and further ones only narrow it
    offered = [name.upper() for name in (made.action_map or {})] or [
        name.upper() for name in made.http_method_names if hasattr(made, name)
    ]
    for method in offered:
        if method.lower() in made.http_method_names and method not in ("HEAD", "OPTIONS"):
            yield Place(face="REST", path=path, method=method, act=act_of(made, method=method))


def _django(path: str, name: str) -> Iterator[Place]:
    for model, model_admin in admin.site._registry.items():
        start = f"{model._meta.app_label}_{model._meta.model_name}_"
        verbs = PAGES.get(name.removeprefix(start)) if name.startswith(start) else None
        if verbs is not None:
            for method, verb in zip(("GET", "POST"), verbs, strict=True):
                act = table().get(OTHERWISE.get((name, method), "")) or of(model, verb)
                yield Place(face="admin", path=path, method=method, act=act, name=name, model_admin=model_admin)
            return
    if name == "None" and path.endswith("<path:object_id>/"):  # leads old addresses to the page of the row
        yield Place(face="admin", path=path, method="GET", act=None, name="old")


def _actions() -> Iterator[Place]:
    for model, model_admin in admin.site._registry.items():
        for function, name, _ in model_admin._get_base_actions():  # type: ignore[attr-defined]
            act = of(model, "delete") if name == "delete_selected" else function.act
            path = f"{model._meta.label_lower}: {name}"
            yield Place(face="action", path=path, method="ACTION", act=act, name=name, model_admin=model_admin)
