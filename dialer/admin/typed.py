"""The classes of django-unfold that we build on, with types: unfold ships none, and its classes subclass Django's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import DateTimeField, Field, JSONField
from django.http import HttpRequest

Column = TypeVar("Column", bound=Callable[..., Any])

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.contrib.admin.views.main import ChangeList
    from django.core.paginator import Paginator

    EndlessPaginator = Paginator[Any]

    def display(
        *, description: str, label: dict[str, str] | bool | None = None, ordering: str | None = None
    ) -> Callable[[Column], Column]:
        """Name a column; ``label`` gives the colour of each value."""
        ...

else:
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.admin import TabularInline as UnfoldTabularInline
    from unfold.decorators import display
    from unfold.paginator import InfinitePaginator as EndlessPaginator
    from unfold.views import ChangeList

    from dialer.admin.audited import Audited
    from dialer.admin.choosing import ActsOnAllChosen
    from dialer.admin.keeping import SaysWhatIsKept
    from dialer.admin.lookups import NamedLookups
    from dialer.admin.nesting import ShallowJSONField
    from dialer.admin.ruled import ActsByTable, MayByTable
    from dialer.admin.sandbox_badge import ShowsSandbox
    from dialer.admin.saving import SavesChanges
    from dialer.admin.times import in_readers_zone, not_too_late

    class ModelAdmin(
        SaysWhatIsKept,
        ShowsSandbox,
        MayByTable,
        ActsByTable,
        NamedLookups,
        SavesChanges,
        Audited,
        ActsOnAllChosen,
        UnfoldModelAdmin,
    ):
        """unfold's: asks the table of acts, looks up by its filters, saves changes only, acts on all that was chosen.

        It says what is kept, and records what is done. May be written ModelAdmin[Model] for type checkers.
        """

        #: What stands for nothing in lists, as on all other pages.
        empty_value_display = "–"

        def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
            """Return the input of a column; of JSON one that refuses what is nested too deep."""
            if isinstance(db_field, JSONField):
                kwargs.setdefault("form_class", ShallowJSONField)
            field = super().formfield_for_dbfield(db_field, request, **kwargs)
            if isinstance(db_field, DateTimeField) and field is not None:
                field.help_text = in_readers_zone(str(field.help_text))
                field.validators.append(not_too_late)
            return field

        def __class_getitem__(cls, _: Any) -> type:
            """Return the class itself."""
            return cls

    class TabularInline(MayByTable, UnfoldTabularInline):
        """unfold's: asks the table of acts, may be written TabularInline[Model, Model] as type checkers want it."""

        def __class_getitem__(cls, _: Any) -> type:
            """Return the class itself."""
            return cls


__all__ = ["ChangeList", "EndlessPaginator", "ModelAdmin", "TabularInline", "display"]
