"""The plan of the house: imports point from webhooks to campaigns to dialer, never back, and no app signals another."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps as django_apps

from dialer import providers
from dialer.logs.redaction import redact_fields
from tests.state_writes import state_writes

PROJECT = Path(__file__).resolve().parents[1]
#: What each app may import of the project besides itself.
MAY_IMPORT = {"dialer": set(), "campaigns": {"dialer"}, "webhooks": {"campaigns", "dialer"}}
APPS = tuple(MAY_IMPORT)
#: A provider is pure: nothing of Django, no clock, no socket, no settings.
NOT_FOR_PROVIDERS = {"django", "celery", "redis", "psycopg", "httpx", "requests", "socket", "time", "environ", "os"}
#: The package of a provider that is large, beside its module in ``dialer/providers``; nobody else imports it.
PRIVATE = {slug: f"dialer.{slug}" for slug in providers.bundled_slugs() if (PROJECT / "dialer" / slug).is_dir()}
PROVIDERS = ("dialer.providers", *PRIVATE.values())
#: What is written by people and can name a provider.
WRITTEN = (".py", ".html", ".js", ".css", ".toml", ".txt")


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
        if name.split(".")[0] in NOT_FOR_PROVIDERS or (name.startswith("dialer") and not name.startswith(PROVIDERS))
    ]
    assert impure == []


@pytest.mark.parametrize("path", of_providers(), ids=at)
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
FRAME = {"dialer/settings.py", "dialer/urls.py", "dialer/admin/navigation.py"}
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


def words(path: Path) -> Iterator[str]:
    """Return the attributes and keywords that a module uses and the texts that it holds, docstrings apart."""
    tree = ast.parse(path.read_text())
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@pytest.mark.parametrize("app", [app for app in APPS if ABOVE[app]])
def test_no_app_reaches_by_name_what_it_may_not_import(app: str) -> None:
    tables = {
        model._meta.db_table
        for above in ABOVE[app]
        for model in django_apps.get_app_config(above).get_models(include_auto_created=True)
    }
    names = names_from_above(app)
    assert names, "nothing leads back: this test would hold for anything"
    forbidden = re.compile(
        rf"({'|'.join(names)})(__\w+)?|.*\b({'|'.join(tables)})\b.*|({'|'.join(ABOVE[app])})[./:]\w.*", re.DOTALL
    )
    reached = [
        f"{path.relative_to(PROJECT)}: {word}"
        for path in modules(app)
        if str(path.relative_to(PROJECT)) not in FRAME and not str(path.relative_to(PROJECT)).startswith(WITHOUT_MODELS)
        for word in words(path)
        if forbidden.fullmatch(word)
    ]
    pages = [
        f"{path.relative_to(PROJECT)}: {found[0]}"
        for path in sorted((PROJECT / app).rglob("*.html"))
        for found in re.finditer(rf"\.({'|'.join(names)})\b|\b({'|'.join(ABOVE[app])})[_/]\w+", path.read_text())
    ]
    assert reached + pages == []


#: The rooms of each app, from the top floor down. A room imports of those below it, never of its own floor.
#: What is no room of its own here (``apps``, ``settings``) is the frame's.
FLOORS: dict[str, tuple[set[str], ...]] = {
    "dialer": (
        {"urls", "apps", "settings", "wsgi"},
        {"admin", "api", "management", "tasks"},
        {"checks"},
        {"accounts", "channels", "home"},
        {"http", "models"},
        {"providers"},
        {
            "advisory_locks",
            "bodies",
            "celery",
            "database",
            "debug_pages",
            "encryption",
            "fetching",
            "formats",
            "looping",
            "sql",
        },
        {"embedded", "sandbox"},
        {"logs"},
        {"numbers", "processes"},
        {"numbering"},
    ),
    "campaigns": (
        {"apps"},
        {"admin", "api", "checks", "management", "tasks"},
        {"rehearsing"},
        {"explaining"},
        {"lifecycle"},
        {"hosting"},
        {"placing", "calls", "jobs", "suppression"},
        {"settling", "importing"},
        {"leads"},
        {"claiming"},
        {"states", "results", "profiles"},
        {"models"},
        {"rules", "doorbells", "idempotency"},
    ),
    "webhooks": (
        {"urls", "apps"},
        {"admin", "api", "management", "tasks", "views"},
        {"account_use", "job_tasks", "prefetching"},
        {"call_lookups", "hosted_logs", "log_rereading", "push_check"},
        {"applying", "log_reading"},
        {"cursors", "matching", "receiving", "rows", "telling"},
        {"models"},
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


LOGGED_BY = {"debug", "info", "warning", "error", "exception", "critical"}


def calls(path: Path) -> Iterator[ast.Call]:
    """Return the calls of methods in a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node


@pytest.mark.parametrize("app", APPS)
def test_there_is_one_logger(app: str) -> None:
    others = [
        f"{path.relative_to(PROJECT)} imports {name}; write log = structlog.get_logger(__name__)"
        for path in modules(app)
        if path.parent != PROJECT / "dialer" / "logs"
        for name in imported(path)
        if name.split(".")[0] in {"logging", "loguru"} or name.endswith("get_task_logger")
    ]
    assert others == []


@pytest.mark.parametrize("app", APPS)
def test_a_log_line_is_a_plain_sentence_with_fields(app: str) -> None:
    """Words that are always the same can be searched for, and only fields are redacted by their names."""
    odd = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in modules(app)
        for node in calls(path)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in LOGGED_BY
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"log", "logger"}
        and not (node.func.value.id == "log" and len(node.args) == 1 and isinstance(node.args[0], ast.Constant))
    ]
    assert odd == []


@pytest.mark.parametrize("app", APPS)
def test_ids_in_log_lines_stay_legible(app: str) -> None:
    names = {
        keyword.arg
        for path in modules(app)
        for node in calls(path)
        if isinstance(node.func, ast.Attribute) and node.func.attr in LOGGED_BY
        for keyword in node.keywords
        if keyword.arg is not None and keyword.arg.endswith(("_id", "_ids")) and keyword.arg != "leg_id"
    }
    assert {name for name in names if redact_fields({name: 9_876_543_210}) != {name: 9_876_543_210}} == set()


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
