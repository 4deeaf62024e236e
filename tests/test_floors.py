"""The floors of each app: rooms import downwards only, and nowhere in a circle."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer import providers
from tests.sources import PROJECT
from tests.test_house import imported, modules

#: The rooms of each app, from the top floor down. A room imports of those below it, never of its own floor.
#: What is no room of its own here (``apps``, ``settings``) is the frame's.
FLOORS: dict[str, tuple[set[str], ...]] = {
    "dialer": (
        {"urls", "apps", "settings", "asgi", "theme", "wsgi"},
        {"admin", "api", "management", "tasks"},
        {"checks"},
        {"serving"},
        {"accesses", "accounts", "channels", "home", "key_rotation", "keys", "logins", "once", "retention", "roles"},
        {"audit"},
        {"held_locks", "http", "models", "near", "sessions"},
        {"providers"},
        {
            "acts",
            "advisory_locks",
            "bells",
            "bodies",
            "celery",
            "client_address",
            "database",
            "debug_pages",
            "encryption",
            "fetching",
            "fixed_settings",
            "formats",
            "kept_rows",
            "json_limits",
            "looping",
            "metrics",
            "shown_addresses",
            "sql",
            "traces",
        },
        {"embedded", "sandbox"},
        {"logs", "whole_bodies"},
        {"addresses", "numbers", "processes", "reader", "redis_address"},
        {"numbering", "version", "wall_clocks"},
    ),
    "campaigns": (
        {"apps"},
        {"figures"},
        {"admin", "api", "checks", "management", "tasks"},
        {"rehearsing", "worker_chores"},
        {"explaining"},
        {"lifecycle", "promises"},
        {"erasure", "hosting"},
        {"placing", "calls", "jobs", "people", "retention", "suppression"},
        {"settling", "importing", "exports"},
        {"leads"},
        {"claiming"},
        {"states", "results", "profiles", "key_scopes", "counting"},
        {"models"},
        {"rows"},
        {"rules", "doorbells", "idempotency", "sheets", "acts"},
    ),
    "webhooks": (
        {"urls", "apps"},
        {"admin", "api", "doorway", "figures", "management", "short_way", "tasks", "views"},
        {"account_use", "job_tasks", "prefetching"},
        {"call_lookups", "hosted_logs", "log_clock_check", "log_rereading", "push_check"},
        {"applying", "log_reading"},
        {"absence", "traced"},
        {"cursors", "matching", "receiving", "telling", "waiting_events"},
        {"rows"},
        {"erasure", "group_commit", "promises", "push_rates", "retention"},
        {"models", "acts"},
        {"rules"},
    ),
}
#: Only commands start what stands apart: the carrier, PostgreSQL and Valkey are processes of their own.
APART = {"embedded", "sandbox"}


def room(app: str, name: str) -> str | None:
    """Return the room of a dotted name of ``app``; a provider's private package belongs to the providers."""
    parts = name.split(".")
    if parts[0] != app or len(parts) < 2 or parts[1] == "__init__":
        return None
    return "providers" if parts[1] in providers.slugs() else parts[1]


@pytest.mark.parametrize("app", FLOORS)
def test_rooms_import_downwards_only(app: str) -> None:
    floors = {name: floor for floor, names in enumerate(FLOORS[app]) for name in names}
    rooms = {path: room(app, ".".join(path.relative_to(PROJECT).with_suffix("").parts)) for path in modules(app)}
    assert {name for name in rooms.values() if name} <= set(floors), "give each room a floor"
    upwards = []
    for path, here in rooms.items():
        for name in imported(path):
            there = room(app, name)
            if here is None or there is None or there == here:
                continue
            if floors[there] <= floors[here] or (there in APART and here != "management"):
                upwards.append(f"{path.relative_to(PROJECT)} imports {name}")
    assert upwards == []


def circles(graph: dict[str, set[str]]) -> list[str]:
    """Return the names of a graph from which a way leads back to themselves."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        to_see = [start]
        while to_see:
            new = graph.get(to_see.pop(), set()) - found
            found |= new
            to_see += new
        return found

    return [name for name in sorted(graph) if name in reached(name)]


def child(folder: Path, path: Path) -> str:
    """Return in which room of a folder a module is; in dialer, a provider's private package is the providers'."""
    name = path.relative_to(folder).parts[0].removesuffix(".py")
    return "providers" if folder.name == "dialer" and name in providers.slugs() else name


FOLDERS = [
    folder.relative_to(PROJECT)
    for app in FLOORS
    for folder in sorted({path.parent for path in modules(app)})
    if len(list(folder.iterdir())) > 2
]


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_no_rooms_of_a_folder_import_each_other_in_a_circle(folder: Path) -> None:
    """Imports for types only count as well: who needs another's type knows it."""
    within = PROJECT / folder
    paths = {
        ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in modules(str(folder))
    }
    graph: dict[str, set[str]] = {}
    for path in paths.values():
        known = [paths.get(name) or paths.get(name.rpartition(".")[0]) for name in imported(path)]
        others = {child(within, one) for one in known if one is not None}
        graph.setdefault(child(within, path), set()).update(others - {child(within, path)})
    assert circles(graph) == []
