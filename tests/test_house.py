"""The plan of the house: imports point from webhooks to campaigns to dialer, never back, and no app signals another."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps as django_apps

from dialer import providers
from tests import sources
from tests.sources import nodes, source
from tests.state_writes import state_writes

PROJECT = sources.PROJECT
#: What each app may import of the project besides itself.
MAY_IMPORT = {"dialer": set(), "campaigns": {"dialer"}, "webhooks": {"campaigns", "dialer"}}
APPS = tuple(MAY_IMPORT)
#: A provider is pure: nothing of Django, no clock, no socket, no settings.
NOT_FOR_PROVIDERS = {"django", "celery", "redis", "psycopg", "httpx", "requests", "socket", "time", "environ", "os"}
#: The package of a provider that is large, beside its module in ``dialer/providers``; nobody else imports it.
PRIVATE = {slug: f"dialer.{slug}" for slug in providers.bundled_slugs() if (PROJECT / "dialer" / slug).is_dir()}
PROVIDERS = ("dialer.providers", *PRIVATE.values())
#: Of the rest of the app a provider uses this alone; tests/test_pure.py holds it to be pure.
PURE_BELOW_PROVIDERS = ("dialer.json_limits.",)
#: What is written by people and can name a provider.
WRITTEN = (".py", ".html", ".js", ".css", ".toml", ".txt")


def modules(folder: str) -> list[Path]:
    return [path for path in sorted((PROJECT / folder).rglob("*.py")) if "migrations" not in path.parts]


def imported(path: Path) -> tuple[str, ...]:
    """Return the dotted names that a module imports, wherever in it."""
    return source(path).imports


@pytest.mark.parametrize("app", APPS)
def test_imports_point_one_way(app: str) -> None:
    backwards = [
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in modules(app)
        for name in imported(path)
        if name.split(".")[0] in {*APPS, "tests"} - {app} - MAY_IMPORT[app]
    ]
    assert backwards == []


def of_providers() -> list[Path]:
    """Return the modules of all providers, those of their private packages among them."""
    return [path for folder in PROVIDERS for path in modules(folder.replace(".", "/"))]


def at(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("path", of_providers(), ids=at)
def test_providers_are_pure(path: Path) -> None:
    impure = [
        name
        for name in imported(path)
        if name.split(".")[0] in NOT_FOR_PROVIDERS
        or (name.startswith("dialer") and not name.startswith((*PROVIDERS, *PURE_BELOW_PROVIDERS)))
    ]
    assert impure == []


@pytest.mark.parametrize("path", of_providers(), ids=at)
def test_providers_read_no_clock(path: Path) -> None:
    calls = [
        node.func.attr
        for node in nodes(ast.parse(path.read_text()))
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
        # Logging is judged by nobody, and a manager's own numbers may not be in the carrier's log either.
        if name.split(".")[0] in APPS and not name.startswith(("dialer.sandbox", "dialer.logs"))
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


#: The project's frame: which apps, pages and tasks there are. It names them all, and nothing else of dialer may.
FRAME = {
    "dialer/settings.py", "dialer/fixed_settings/rest.py", "dialer/fixed_settings/theme.py",
    "dialer/fixed_settings/work.py", "dialer/asgi.py", "dialer/urls.py", "dialer/admin/navigation.py",
}  # fmt: skip
ABOVE = {app: {above for above in APPS if app in MAY_IMPORT[above]} for app in APPS}
#: Models are not known there, see the tests above: a word such as ``attempts`` is the provider's.
WITHOUT_MODELS = ("dialer/sandbox", "dialer/embedded", *(name.replace(".", "/") for name in PROVIDERS))


def names_from_above(app: str) -> set[str]:
    """Return the names by which the models that an app may know lead back to those of the apps above it."""
    relations = [
        relation
        for known in (app, *MAY_IMPORT[app])
        for model in django_apps.get_app_config(known).get_models()
        for relation in model._meta.related_objects
        if relation.related_model._meta.app_label in ABOVE[app] and not relation.hidden
    ]
    return {name for one in relations for name in (one.get_accessor_name(), one.name) if name}


@pytest.mark.parametrize("app", [app for app in APPS if ABOVE[app]])
def test_no_app_reaches_by_name_what_it_may_not_import(app: str) -> None:
    tables = {
        model._meta.db_table
        for above in ABOVE[app]
        for model in django_apps.get_app_config(above).get_models(include_auto_created=True)
    }
    names = names_from_above(app)
    assert names, "nothing leads back: this test would hold for anything"
    forbidden = re.compile(rf"({'|'.join(names)})(__\w+)?|({'|'.join(ABOVE[app])})[./:]\w.*", re.DOTALL)
    reached = [
        f"{path.relative_to(PROJECT)}: {word}"
        for path in modules(app)
        if str(path.relative_to(PROJECT)) not in FRAME and not str(path.relative_to(PROJECT)).startswith(WITHOUT_MODELS)
        for word in source(path).words
        if forbidden.fullmatch(word) or not tables.isdisjoint(re.findall(r"\w+", word))
    ]
    pages = [
        f"{path.relative_to(PROJECT)}: {found[0]}"
        for path in sorted((PROJECT / app).rglob("*.html"))
        for found in re.finditer(rf"\.({'|'.join(names)})\b|\b({'|'.join(ABOVE[app])})[_/]\w+", path.read_text())
    ]
    assert reached + pages == []


def own_files(slug: str) -> tuple[Path, Path]:
    """Return the places where a provider is named: its module, and its private package."""
    return PROJECT / "dialer" / "providers" / f"{slug}.py", PROJECT / "dialer" / slug


@pytest.mark.parametrize("slug", providers.bundled_slugs())
def test_a_provider_is_named_in_its_own_files_only(slug: str) -> None:
    """The sandbox carrier is a world of its own: it speaks each API, and knows nothing of what speaks to it."""
    name = providers.get(slug).name
    words = re.compile(rf"(?<![a-z])({slug}|{name.replace(' ', '[ _-]*')})", re.IGNORECASE)
    mine = own_files(slug)
    named = [
        f"{at(path)}: {line.strip()}"
        for folder in ("dialer", "campaigns", "webhooks")
        for path in sorted((PROJECT / folder).rglob("*"))
        if path.suffix in WRITTEN
        and not path.is_relative_to(PROJECT / "dialer" / "sandbox")
        and not any(path.is_relative_to(own) for own in mine)
        if slug in (text := path.read_text().lower()) or name.split()[0].lower() in text
        for line in path.read_text().splitlines()
        if words.search(line)
    ]
    assert named == [], f"{name} is named outside {' and '.join(map(at, mine))}: ask the registry or a capability"


@pytest.mark.parametrize("slug", providers.bundled_slugs())
def test_nobody_imports_a_provider_but_the_registry(slug: str) -> None:
    mine = own_files(slug)
    known = {f"dialer.providers.{slug}", f"dialer.{slug}"}
    strangers = [
        f"{at(path)} imports {name}"
        for app in APPS
        for path in modules(app)
        if not any(path.is_relative_to(own) for own in mine)
        for name in imported(path)
        if name in known or name.startswith(tuple(f"{one}." for one in known))
    ]
    assert strangers == []


#: The one package that writes the states of leads, attempts and campaigns.
STATES = PROJECT / "campaigns" / "states"


@pytest.mark.parametrize("app", APPS)
def test_states_are_written_in_one_package(app: str) -> None:
    elsewhere = [
        f"{path.relative_to(PROJECT)}, {write}"
        for path in modules(app)
        if STATES not in path.parents
        for write in state_writes(path.read_text())
    ]
    assert elsewhere == [], "write the states of leads, attempts and campaigns by functions of campaigns/states"
