"""What the modules of the project say, read once for all tests of its plan.

Kept is what the tests ask for, not the trees, which take a hundred times as much memory as the text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One module: the dotted names that it imports, wherever in it, and its words, each once.

    Words are the attributes and keywords that it uses and the texts that it holds, docstrings apart.
    """

    imports: tuple[str, ...]
    words: tuple[str, ...]


def nodes(tree: ast.AST) -> list[ast.AST]:
    """Return a tree's nodes, parents before their children: as ast.walk does, in half the time."""
    found = [tree]
    for node in found:
        for value in vars(node).values():
            if isinstance(value, ast.AST):
                found.append(value)
            elif isinstance(value, list):
                found.extend(one for one in value if isinstance(one, ast.AST))
    return found


@cache
def source(path: Path) -> Source:
    """Return what a module says."""
    package = path.relative_to(PROJECT).parent.parts
    found = nodes(ast.parse(path.read_text()))
    imports = tuple(name for node in found for name in _imported(node, package))
    docstrings = {id(node.value) for node in found if isinstance(node, ast.Expr)}
    words = dict.fromkeys(word for node in found if id(node) not in docstrings for word in _said(node))
    return Source(imports=imports, words=tuple(words))


def _imported(node: ast.AST, package: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
        module = ".".join(part for part in (base, node.module) if part)
        yield from (f"{module}.{alias.name}" for alias in node.names)


def _said(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
