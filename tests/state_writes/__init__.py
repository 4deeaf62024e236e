"""Finds writes of the states of leads, attempts and campaigns in source text: in SQL, and through Django's models.

It errs on the side of finding: what may be such a write and cannot be read as another one is one.
"""

from __future__ import annotations

import ast

from tests.state_writes.orm import orm_writes
from tests.state_writes.sql import sql_writes, texts

__all__ = ["state_writes"]


def state_writes(source: str) -> list[str]:
    """Return the writes found in a module, each with its line."""
    tree = ast.parse(source)
    found = {(line, what) for line, text in texts(tree) for what in sql_writes(text)} | set(orm_writes(tree))
    return [f"line {line}: {what}" for line, what in sorted(found)]
