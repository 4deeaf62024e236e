"""The plan of the house: imports point from webhooks to campaigns to dialer, never back, and no app signals another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
#: What each app may import of the project besides itself.
MAY_IMPORT = {"dialer": set(), "campaigns": {"dialer"}, "webhooks": {"campaigns", "dialer"}}
APPS = tuple(MAY_IMPORT)
#: A provider is pure: nothing of Django, no clock, no socket, no settings.
NOT_FOR_PROVIDERS = {"django", "celery", "redis", "psycopg", "httpx", "requests", "socket", "time", "environ", "os"}


def modules(folder: str) -> list[Path]:
    return [path for path in sorted((PROJECT / folder).rglob("*.py")) if "migrations" not in path.parts]


def imported(path: Path) -> Iterator[str]:
    """Return the dotted names that a module imports, wherever in it."""
    package = path.relative_to(PROJECT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("app", APPS)
def test_imports_point_one_way(app: str) -> None:
    backwards = [
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in modules(app)
        for name in imported(path)
        if name.split(".")[0] in {*APPS, "tests"} - {app} - MAY_IMPORT[app]
    ]
    assert backwards == []


@pytest.mark.parametrize("path", modules("dialer/providers"), ids=lambda path: path.stem)
def test_providers_are_pure(path: Path) -> None:
    impure = [
        name
        for name in imported(path)
        if name.split(".")[0] in NOT_FOR_PROVIDERS
        or (name.startswith("dialer") and not name.startswith(("dialer.providers", "dialer.ivrsolutions")))
    ]
    assert impure == []


@pytest.mark.parametrize("path", modules("dialer/providers"), ids=lambda path: path.stem)
def test_providers_read_no_clock(path: Path) -> None:
    calls = [
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert {"now", "utcnow", "today", "monotonic"} & set(calls) == set()


@pytest.mark.parametrize("app", APPS)
def test_no_app_signals_another(app: str) -> None:
    signals = [
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in modules(app)
        for name in imported(path)
        if name.startswith(("django.dispatch", "django.db.models.signals", "django.core.signals"))
        # Sent by Django when tables were made, by no app of ours.
        and name != "django.db.models.signals.post_migrate"
    ]
    assert signals == []


def test_the_sandbox_carrier_shares_nothing_with_what_it_judges() -> None:
    shared = [
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in modules("dialer/sandbox")
        for name in imported(path)
        if name.split(".")[0] in APPS and not name.startswith("dialer.sandbox")
    ]
    assert shared == []


def test_advisory_locks_are_taken_from_one_table_only() -> None:
    elsewhere = [
        str(path.relative_to(PROJECT))
        for app in APPS
        for path in modules(app)
        if "pg_" + "advisory" in path.read_text().replace("pg_try_", "pg_")
    ]
    assert elsewhere == ["dialer/advisory_locks.py"]
