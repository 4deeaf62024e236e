"""What is called pure is pure, with all that it imports: no database, no settings, no clock, no file, no socket."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import PROJECT, nodes
from tests.test_house import APPS, imported, modules

#: What a pure module may use besides the project: values, texts, arithmetic, and tables that come with a package.
HARMLESS = {
    "__future__", "base64", "bisect", "collections", "croniter", "csv", "dataclasses", "datetime", "difflib",
    "email.utils", "enum", "functools", "hashlib", "heapq", "hmac", "holidays", "ipaddress", "itertools", "json",
    "math", "orjson", "phonenumbers", "re", "typing", "unicodedata", "urllib.parse", "uuid", "zoneinfo",
}  # fmt: skip
#: The one module of the rules that reads the database: it is given a cursor.
READS = PROJECT / "campaigns/rules/campaign.py"
#: Modules that read the tables which come with the project or a package, the same at each run: nothing else is read.
TABLES = {
    PROJECT / name
    for name in (
        "campaigns/rules/refusal/lexicon.py",
        "dialer/numbering/clocks.py",
        "dialer/numbering/renumbering.py",
        "dialer/numbering/zone_names.py",
        "dialer/numbering/zones.py",
    )
}
READS_TABLES = {"importlib.resources", "pathlib", "tomllib"}
CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter"}
FILES_AND_CURSORS = {"execute", "read_text", "write_text", "read_bytes", "write_bytes"}
#: Names by which something outside is asked or changed, without an import.
OUTSIDE = {"open", "print", "input", "exec", "eval", "__import__"}

MODULES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for app in APPS
    for path in modules(app)
}


def is_called_pure(path: Path) -> bool:
    source = path.read_text()
    return "Pure" in source and re.search(r"\bPure\b", ast.get_docstring(ast.parse(source)) or "") is not None


PURE = sorted({path for path in MODULES.values() if is_called_pure(path)} | {*modules("campaigns/rules")} - {READS})


def module_of(name: str) -> str | None:
    """Return the module of the project that an imported name is, or is of."""
    return next((one for one in (name, name.rpartition(".")[0]) if one in MODULES), None)


def imports_of(path: Path) -> Iterator[tuple[Path, str]]:
    """Give each import of a module and of all that it imports of the project, with where it stands."""
    seen, to_read = {path}, [path]
    while to_read:
        here = to_read.pop()
        for name in imported(here):
            yield here, name
            module = module_of(name)
            if module is not None and MODULES[module] not in seen:
                seen.add(MODULES[module])
                to_read.append(MODULES[module])


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_pure_module_takes_nothing_from_outside(path: Path) -> None:
    impure = {
        f"{here.relative_to(PROJECT)} imports {name}"
        for here, name in imports_of(path)
        if module_of(name) is None
        and not any(
            name == one or name.startswith(f"{one}.") for one in HARMLESS | (READS_TABLES if here in TABLES else set())
        )
    }
    assert impure == set()


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_pure_module_asks_no_clock_and_nobody_outside(path: Path) -> None:
    calls = [node.func for node in nodes(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    functions = {call.id for call in calls if isinstance(call, ast.Name)}
    assert methods & (CLOCKS | FILES_AND_CURSORS) <= ({"read_text", "read_bytes"} if path in TABLES else set())
    assert functions & OUTSIDE == set()


def test_the_rules_are_among_what_is_held_to_be_pure() -> None:
    named = {path.relative_to(PROJECT).as_posix() for path in PURE}
    assert {"campaigns/rules/deciding.py", "campaigns/rules/part_of_day.py", "campaigns/claiming/seating.py"} <= named
    assert READS not in PURE
