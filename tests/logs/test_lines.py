"""Lines of the log: one logger, plain sentences with fields, and ids that stay legible."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.logs.redaction import redact_fields
from tests.sources import PROJECT
from tests.test_house import APPS, imported, modules

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
