"""Forms that save what was changed in them and no other column, as REST does.

The dialer writes to rows that people edit: a campaign's state, the rest of a DID, how far a subscriber was told. A form
that saved its whole row would put back what those were when it was read.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: Where an object keeps its columns as they were read.
_AS_READ = "_as_read"


class SavesChanges(_Admin):
    """Mixin of every admin class, for its form and the rows inside it."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the object, which remembers its columns as they are now."""
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            setattr(found, _AS_READ, copy.deepcopy(_columns(found)))
        return found

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a new object whole, and of one that was there what differs from what was read."""
        before = getattr(obj, _AS_READ, None)
        if not change or before is None:
            super().save_model(request, obj, form, change)
        else:
            now = _columns(obj)
            save_columns(obj, {name for name in now if name not in before or now[name] != before[name]})

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows inside the form likewise."""
        formset.save(commit=False)
        for obj in formset.deleted_objects:
            obj.delete()
        for obj, changed in formset.changed_objects:
            save_columns(obj, set(changed) & set(_columns(obj)))
        for obj in formset.new_objects:
            obj.save()
        formset.save_m2m()


def save_columns(obj: Model, names: Collection[str]) -> None:
    """Write these columns of a row, with the instant of its change if it has one; nothing where there are none."""
    if names:
        stamps = [field.name for field in obj._meta.concrete_fields if getattr(field, "auto_now", False)]
        obj.save(update_fields=[*names, *stamps])


def _columns(obj: Model) -> dict[str, Any]:
    """Return the values of a row by the names of its fields; a row that it refers to is its key."""
    absent = obj.get_deferred_fields()
    return {
        field.name: field.value_from_object(obj)
        for field in obj._meta.concrete_fields
        if field.attname not in absent and not field.primary_key
    }
