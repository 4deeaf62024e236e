"""Docs and docstrings name files, modules and functions that exist: a name that moved is mended everywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import PROJECT
from tests.test_floors import FLOORS
from tests.test_house import APPS, modules

DOCS = sorted([PROJECT / "README.md", PROJECT / "tests/house_questions.md", *(PROJECT / "docs").glob("*.md")])
#: ``object.attribute`` in a docstring, where the object is no module.
OBJECTS = {"account", "capabilities", "provider", "request", "transaction"}
MODULES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for app in APPS
    for path in modules(app)
}


def defined(path: Path) -> set[str]:
    """Return the names that a module defines at its top."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            found |= {one.id for one in ast.walk(target) if isinstance(one, ast.Name)} if target else set()
        if isinstance(node, ast.ImportFrom) and path.name == "__init__.py":
            found |= {alias.asname or alias.name for alias in node.names}
    return found


def exists(name: str) -> bool:
    """Return whether a dotted name, or its end, is a module of the project, or something that one defines."""
    module, _, last = name.rpartition(".")
    return any(
        dotted == name
        or dotted.endswith(f".{name}")
        or ((dotted == module or dotted.endswith(f".{module}")) and last in defined(path))
        for dotted, path in MODULES.items()
    )


def named(path: Path) -> Iterator[str]:
    """Give the dotted names in double backticks of a module's docstrings and comments."""
    for found in re.findall(r"``([a-z_]+(?:\.[A-Za-z_]+)+)(?:\(\))?``", path.read_text()):
        if found.split(".")[0] not in OBJECTS and not found.endswith((".py", ".toml", ".md", ".html", ".json", ".tab")):
            yield found


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)
def test_docs_name_files_that_exist(path: Path) -> None:
    files = re.findall(r"`((?:[\w-]+/)+[\w.-]*|[\w-]+\.py)`", path.read_text())
    folders = {*APPS, "tests", "docs"}
    wrong = [
        name
        for name in files
        if (name.endswith(".py") or name.split("/")[0] in folders) and not (PROJECT / name).exists()
    ]
    assert wrong == [], "name each file by its path from the project's root"


@pytest.mark.parametrize("app", APPS)
def test_docstrings_name_what_exists(app: str) -> None:
    wrong = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in modules(app)
        for name in dict.fromkeys(named(path))
        if not exists(name)
    ]
    assert wrong == []


def test_the_floors_in_the_docs_are_those_that_the_house_is_held_to() -> None:
    _, _, table = (PROJECT / "docs/how-it-works.md").read_text().partition("| floor |")
    rows = [set(re.findall(r"`(\w+)/?`", row)) for row in table.partition("\n\n")[0].splitlines()]
    assert [row for row in rows if row] == list(FLOORS["campaigns"][1:])


def test_every_variable_of_the_environment_stands_in_the_readme() -> None:
    files = [PROJECT / "dialer" / "settings.py", *(PROJECT / "dialer" / "fixed_settings").glob("*.py")]
    read = {name for path in files for name in re.findall(r'\benv(?:\.\w+)?\(\s*"(\w+)"', path.read_text())}
    assert len(read) > 40
    readme = (PROJECT / "README.md").read_text()
    # Kinds of rows, and the hours of kept answers, are told of together.
    told = {name for name in read if f"`{name}`" in readme or name.startswith("DIALER_KEEP_")}
    assert read - told == set()
