"""Faces look down only: the admin, the API, commands and tasks show and ask, and none takes anything from another."""

from __future__ import annotations

from pathlib import Path

from tests.sources import PROJECT
from tests.test_house import APPS, imported, modules

FACES = ("admin", "api", "management", "tasks", "job_tasks", "views")
#: The URLs of the whole project name its faces, as URLs do.
NAMES_FACES = {"dialer/urls.py", "webhooks/urls.py"}
#: Besides the tests, who starts PostgreSQL and Valkey of its own: nothing that runs beside real ones.
STARTS_SERVERS = {"manage.py", "campaigns/management/commands/demo.py"}
#: The modules of campaigns that stand in no package: Django's own, and what every package may ring or ask.
ALONE = {
    "__init__",
    "acts",
    "apps",
    "checks",
    "doorbells",
    "figures",
    "idempotency",
    "key_scopes",
    "suppression",
    "tasks",
    "worker_chores",
}


def face(name: str) -> str | None:
    """Return of which kind of face a dotted name is, or is of; tasks of a package are tasks like the others."""
    parts = name.split(".")
    found = next((part for part in parts[1:3] if part in FACES), None) if parts[0] in APPS else None
    return "tasks" if found == "job_tasks" else found


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts)


def test_a_face_is_imported_by_faces_of_its_kind_only() -> None:
    reached = [
        f"{path.relative_to(PROJECT)} imports {name}"
        for app in APPS
        for path in modules(app)
        if str(path.relative_to(PROJECT)) not in NAMES_FACES
        for name in imported(path)
        if face(name) is not None and face(name) != face(dotted(path))
    ]
    assert reached == []


def test_servers_of_its_own_are_started_by_commands_only() -> None:
    started = {
        str(path.relative_to(PROJECT))
        for path in [PROJECT / "manage.py", *(path for app in APPS for path in modules(app))]
        if not path.is_relative_to(PROJECT / "dialer" / "embedded")
        and any(name.startswith("dialer.embedded") for name in imported(path))
    }
    assert started == STARTS_SERVERS


def test_what_belongs_to_a_package_of_campaigns_stands_in_it() -> None:
    assert {path.stem for path in (PROJECT / "campaigns").glob("*.py")} == ALONE
