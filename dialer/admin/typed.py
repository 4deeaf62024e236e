"""The classes of django-unfold that we build on, with types: unfold ships none, and its classes subclass Django's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

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

    from dialer.admin.choosing import ActsOnAllChosen
    from dialer.admin.keeping import SaysWhatIsKept
    from dialer.admin.lookups import NamedLookups
    from dialer.admin.saving import SavesChanges

    class ModelAdmin(NamedLookups, SaysWhatIsKept, SavesChanges, ActsOnAllChosen, UnfoldModelAdmin):
        """unfold's: looks up by its filters, saves changes only, acts on all that was chosen, says what is kept.

        May be written ModelAdmin[Model] for type checkers.
        """

        def __class_getitem__(cls, _: Any) -> type:
            """Return the class itself."""
            return cls

    class TabularInline(UnfoldTabularInline):
        """unfold's, which may be written TabularInline[Model, Model] as type checkers want it."""

        def __class_getitem__(cls, _: Any) -> type:
            """Return the class itself."""
            return cls


__all__ = ["ChangeList", "EndlessPaginator", "ModelAdmin", "TabularInline", "display"]
