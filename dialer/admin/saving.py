"""Forms that save what was changed in them and no other column, as REST does.

The dialer writes to rows that people edit: a campaign's state, the rest of a DID, how far a subscriber was told. A form
that saved its whole row would put back what those were when it was read.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin.utils import unquote
from django.db import IntegrityError, connection
from django.db.models import Model
from django.http import HttpRequest

from dialer.admin.shown_values import FIELD, TellsConflicts, merged, shown_by

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object

#: PostgreSQL's SQLSTATE for a second row that must be the only one.
UNIQUE_VIOLATION = "23505"
#: Where an object keeps its columns as they were read.
_AS_READ = "_as_read"
#: Where a request keeps the names of the inputs that two have changed.
_CONFLICTS = "_changed_meanwhile"


class SavesChanges(_Admin):
    """Mixin of every admin class, for its form and the rows inside it."""

    #: Of ``add``, ``change`` and ``delete``, the pages that ask a provider as well (``dialer.admin.sent_forms``).
    asks_outside: ClassVar[Collection[str]] = ()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the object, which remembers its columns as they are now."""
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            setattr(found, _AS_READ, copy.deepcopy(_columns(found)))
        return found

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show or save; of two who save the same new thing at once, tell the second at the input, as if he came later.

        Nothing of the first try is left, and the second finds what the other one saved. What was changed meanwhile in
        a row that is there is kept (``dialer.admin.shown_values``).
        """
        object_id = kwargs.get("object_id") or (args[0] if args else None)
        if request.method == "POST" and object_id is not None and FIELD in request.POST:
            self._merge(request, str(object_id))
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as error:
            if getattr(error.__cause__, "sqlstate", None) != UNIQUE_VIOLATION:
                raise
            return super().changeform_view(request, *args, **kwargs)

    def _merge(self, request: HttpRequest, object_id: str) -> None:
        """Put what was saved meanwhile into the inputs that were not touched, and note what both have changed."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_change_permission(request, row):
            return
        if connection.in_atomic_block:  # until it ends nobody else saves this row
            self.model._default_manager.select_for_update(no_key=True).filter(pk=row.pk).first()
            row = self.get_object(request, unquote(object_id))
        found = merged(request.POST, now=self.get_form(request, row, change=True)(instance=row), of=_name_of(row))
        request.POST = found.data  # type: ignore[assignment]  # one that was copied stays changeable
        setattr(request, _CONFLICTS, found.conflicts)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Build the form; where somebody else changed the same inputs, one that says so and is not saved."""
        names = getattr(request, _CONFLICTS, None)
        if names:
            form = kwargs.get("form") or self.form
            kwargs["form"] = type(form.__name__, (TellsConflicts, form), {"changed_meanwhile": names})
        return super().get_form(request, obj, change, **kwargs)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Have the page say what it shows."""
        row = kwargs.get("obj")
        if row is not None and self.has_change_permission(request, row):
            context[FIELD] = shown_by(context["adminform"].form, of=_name_of(row))
        return super().render_change_form(request, context, *args, **kwargs)

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


def _name_of(row: Model) -> str:
    return f"{row._meta.label} {row.pk}"


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
