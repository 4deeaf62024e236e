"""Writes of states in SQL text, put together from its parts as far as they are known."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.state_writes.ours import TABLES

#: What stands in a text for a part that is put in later.
HOLE = r"\{\w*\}|%s|%\(\w+\)s"
TABLE = rf'(?:"?public"?\.)?"?(?P<table>\w+|{HOLE})"?'


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give the texts of a module that are no docstrings, each put together from its parts as far as they are known."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        text = text_of(node)
        if text is not None and isinstance(node, ast.expr):
            yield node.lineno, text
            continue
        waiting.extend(ast.iter_child_nodes(node))


def text_of(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [text_of(node.left), text_of(node.right)]
        return None if sides == [None, None] else "".join("{}" if side is None else side for side in sides)
    return None


def sql_writes(text: str) -> Iterator[str]:
    """Give what of a statement begins or changes a state."""
    text = re.sub(r"--[^\n]*", "", text)
    for match in re.finditer(rf"\b(INSERT\s+INTO|MERGE\s+INTO|COPY)\s+(?:ONLY\s+)?{TABLE}", text, re.IGNORECASE):
        # In small letters it may be prose: "copy %s to".
        if match["table"] in TABLES or (match[1].isupper() and _is_hole(match["table"])):
            yield f"{match[1].upper()} {match['table']}"
    for match in re.finditer(r"\bSET\b", text, re.IGNORECASE):
        table = _table_before(text[: match.start()])
        targets = set(_targets(text[match.end() :]))
        if table in TABLES and ("state" in targets or any(map(_is_hole, targets))):
            yield f"UPDATE {table} SET state"
        elif ((table is None and match[0].isupper()) or _is_hole(table or "")) and "state" in targets:
            yield "SET state of a table that cannot be read"


def _is_hole(text: str) -> bool:
    return re.search(HOLE, text) is not None


def _table_before(text: str) -> str | None:
    """Return the table of the SET clause that follows this text."""
    if re.search(r"\bDO\s+UPDATE\s*$", text, re.IGNORECASE):
        inserted = [match["table"] for match in re.finditer(rf"\bINSERT\s+INTO\s+{TABLE}", text, re.IGNORECASE)]
        return inserted[-1] if inserted else None
    found = re.search(rf"\bUPDATE\s+(?:ONLY\s+)?{TABLE}(?:\s+(?:AS\s+)?\w+)?\s*$", text, re.IGNORECASE)
    return found["table"] if found else None


def _targets(clause: str) -> Iterator[str]:
    """Give the columns that a SET clause writes."""
    for assignment in _split(_clause(clause)):
        target, equals, _ = assignment.partition("=")
        if equals or _is_hole(assignment):
            yield from (name.strip(' \n\t()"') for name in (target if equals else assignment).split(","))


def _clause(text: str) -> str:
    """Return a text up to the end of the clause that it begins with."""
    depth = 0
    for match in re.finditer(r"[();]|\b(?:FROM|WHERE|RETURNING)\b", text, re.IGNORECASE):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth < 0 or (depth == 0 and match[0] not in "()"):
            return text[: match.start()]
    return text


def _split(text: str) -> Iterator[str]:
    """Give the parts between the commas outside of brackets."""
    depth, start = 0, 0
    for place, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]
