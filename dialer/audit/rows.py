"""Entries of rows that are added, changed and deleted; in the transaction that does so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from dialer.audit.changes import differences, many_of, values_of
from dialer.audit.recording import record, unchanged


def row_added(row: Model) -> None:
    """Record a new row, with what it holds."""
    after = {name: value for name, value in (values_of(row) | many_of(row)).items() if value not in (None, "", [], {})}
    changes = differences(row, before={}, after=after)
    record(act=f"{row._meta.label_lower}.add", what="Added", subject=row, changes=changes)


def row_changed(row: Model, *, before: Mapping[str, Any]) -> None:
    """Record what of a row differs from ``before``, if anything does."""
    changes = differences(row, before=before, after=values_of(row) | many_of(row))
    if changes:
        record(act=f"{row._meta.label_lower}.change", what="Changed", subject=row, changes=changes)
    else:
        unchanged()


def row_deleted(row: Model) -> None:
    """Record that a row is deleted."""
    record(act=f"{row._meta.label_lower}.delete", what="Deleted", subject=row)
