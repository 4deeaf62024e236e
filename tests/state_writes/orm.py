"""Writes of states through Django's models."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.state_writes.names import Names
from tests.state_writes.ours import NAMES
from tests.state_writes.sql import text_of

PLAIN_CREATES = ("create", "bulk_create", "get_or_create", "update_or_create")
CREATES = {*PLAIN_CREATES, *(f"a{name}" for name in PLAIN_CREATES)}
UPDATES = {"update", "aupdate", "save", "asave"}
BULK_UPDATES = {"bulk_update", "abulk_update"}


def orm_writes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give what a module writes, each with its line."""
    names = Names(tree)
    for node in names.nodes:
        if isinstance(node, ast.Call):
            yield from ((node.lineno, what) for what in _call(node, names))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from ((node.lineno, what) for what in _assignment(target, node.value, names))
        elif isinstance(node, ast.AnnAssign | ast.AugAssign) and node.value is not None:
            yield from ((node.lineno, what) for what in _assignment(node.target, node.value, names))


def _call(call: ast.Call, names: Names) -> Iterator[str]:
    if isinstance(call.func, ast.Name):
        if call.func.id in names.models:
            yield f"{call.func.id}(…)"
        elif call.func.id == "setattr" and text_of(call.args[1]) == "state":
            yield from ["setattr(…, 'state', …)"] if _may_be_ours(call.args[0], call.args[2], names) else []
    elif isinstance(call.func, ast.Attribute) and call.func.attr in NAMES | CREATES | UPDATES | BULK_UPDATES:
        yield from _method(call, call.func.attr, call.func.value, names)


def _method(call: ast.Call, name: str, receiver: ast.expr, names: Names) -> Iterator[str]:
    ours = names.is_ours(receiver)
    if name in NAMES:
        yield f"{name}(…)"
    elif name in CREATES and ours:
        yield f".{name}(…)"
    elif name in BULK_UPDATES:
        fields = call.args[1:] + [keyword.value for keyword in call.keywords if keyword.arg == "fields"]
        named = {text_of(one) for field in fields for one in getattr(field, "elts", [field])}
        if ours is not False and ("state" in named or (ours and None in named)):
            yield f".{name}(…, ['state'])"
    elif name in UPDATES | CREATES:
        for keyword in call.keywords:
            yield from _keyword(keyword, name, receiver, names)


def _keyword(keyword: ast.keyword, name: str, receiver: ast.expr, names: Names) -> Iterator[str]:
    value, ours = keyword.value, names.is_ours(receiver)
    if keyword.arg == "state":
        yield from [f".{name}(state=…)"] if _may_be_ours(receiver, value, names) else []
    elif keyword.arg == "update_fields":
        named = {text_of(one) for one in getattr(value, "elts", ())}
        yield from [f".{name}(update_fields=['state'])"] if ours is not False and "state" in named else []
    elif keyword.arg is None and isinstance(value, ast.Dict):
        states = [one for key, one in zip(value.keys, value.values, strict=True) if key and text_of(key) == "state"]
        if any(_may_be_ours(receiver, one, names) for one in states):
            yield f".{name}(**{{'state': …}})"
    elif keyword.arg is None and ours and name in UPDATES:
        yield f".{name}(**…)"


def _assignment(target: ast.expr, value: ast.expr, names: Names) -> Iterator[str]:
    if isinstance(target, ast.Tuple | ast.List):
        values = getattr(value, "elts", None) or [value] * len(target.elts)
        for one, its in zip(target.elts, values, strict=False):
            yield from _assignment(one, its, names)
    elif isinstance(target, ast.Attribute) and target.attr == "state" and _may_be_ours(target.value, value, names):
        yield f"{ast.unparse(target)} = …"


def _may_be_ours(receiver: ast.expr, value: ast.expr, names: Names) -> bool:
    ours = names.is_ours(receiver)
    return bool(ours) or (ours is None and not names.is_of_others(value))
