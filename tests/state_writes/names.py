"""What a module says of the names in it: whether they stand for rows of ours, or for states of something else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from tests.sources import nodes
from tests.state_writes.ours import ACCESSORS, ENUMS, NAMES, VALUES

MANAGERS = {"objects", "_default_manager", "_base_manager"}
#: Annotations that say nothing.
VAGUE = {"Any", "object", "str", "Model"}


class Names:
    """The names of one module, by what is assigned to them, and by their annotations."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self.nodes = nodes(tree)
        self._functions = {node.name: node for node in self.nodes if isinstance(node, ast.FunctionDef)}
        imported = [alias for node in self.nodes if isinstance(node, ast.ImportFrom) for alias in node.names]
        self.models = NAMES | {alias.asname for alias in imported if alias.asname and alias.name in NAMES}

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def is_ours(self, node: ast.expr | None, seen: tuple[str, ...] = ()) -> bool | None:
        """Return whether an expression has to do with rows of ours; None where the module does not say."""
        if isinstance(node, ast.Call):
            return self._is_result_ours(node, seen)
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            return self.is_ours(node.value, seen)
        if isinstance(node, ast.Attribute):
            return True if node.attr in ACCESSORS or node.attr in NAMES else self.is_ours(node.value, seen)
        if isinstance(node, ast.Subscript):
            return self.is_ours(node.value, seen)
        if not isinstance(node, ast.Name) or node.id in seen:
            return None
        if node.id == "self":
            return next((one.name in NAMES for one in self._around(node) if isinstance(one, ast.ClassDef)), None)
        if node.id[:1].isupper():
            return node.id in self.models
        said = {
            self.is_ours(one, (*seen, node.id)) if isinstance(one, ast.expr) else one
            for one in self._said_of(node, self.models)
        }
        return True if True in said else False if False in said else None

    def _is_result_ours(self, call: ast.Call, seen: tuple[str, ...]) -> bool | None:
        if isinstance(call.func, ast.Name) and call.func.id in self._functions:
            return _mentions(self._functions[call.func.id].returns, self.models)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "get_model":
            return any(isinstance(one, ast.Constant) and str(one.value).split(".")[-1] in NAMES for one in call.args)
        return self.is_ours(call.func, seen)

    def is_of_others(self, value: ast.expr, seen: tuple[str, ...] = ()) -> bool:
        """Return whether a value is surely the state of something else."""
        if isinstance(value, ast.IfExp):
            return self.is_of_others(value.body, seen) and self.is_of_others(value.orelse, seen)
        if isinstance(value, ast.Constant):
            return str(value.value) not in VALUES
        if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
            return value.value.id.endswith("State") and value.value.id not in ENUMS
        if not isinstance(value, ast.Name) or value.id in seen:
            return False
        said = list(self._said_of(value, ENUMS))
        return bool(said) and all(
            self.is_of_others(one, (*seen, value.id)) if isinstance(one, ast.expr) else one is False for one in said
        )

    def _said_of(self, name: ast.Name, types: frozenset[str]) -> Iterator[ast.expr | bool | None]:
        """Give what a name is set to where it stands, or whether its annotation names one of ``types``."""
        scope = next((one for one in self._around(name) if isinstance(one, ast.FunctionDef | ast.Lambda)), self._tree)
        if isinstance(scope, ast.FunctionDef):
            arguments = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
            yield from (_mentions(one.annotation, types) for one in arguments if one.arg == name.id)
        for node in nodes(scope):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if not any(isinstance(target, ast.Name) and target.id == name.id for target in targets):
                continue
            if isinstance(node, ast.AnnAssign):
                yield _mentions(node.annotation, types)
            elif isinstance(node, ast.Assign | ast.NamedExpr):
                yield node.value
            elif isinstance(node, ast.For | ast.comprehension):
                yield node.iter

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        while (parent := self._parents.get(node)) is not None:
            yield (node := parent)


def _mentions(annotation: ast.expr | None, types: frozenset[str]) -> bool | None:
    """Return whether an annotation names one of ``types``; None where it says nothing, or anything."""
    named = set(re.findall(r"\w+", ast.unparse(annotation))) if annotation is not None else set()
    if named & types:
        return True
    return None if not named or named & VAGUE else False
