"""The classes of django-unfold that we build on, with types: unfold ships none, and its classes subclass Django's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.core.paginator import Paginator as EndlessPaginator
else:
    from unfold.admin import ModelAdmin as UnfoldModelAdmin
    from unfold.admin import TabularInline as UnfoldTabularInline
    from unfold.paginator import InfinitePaginator as EndlessPaginator

    class ModelAdmin(UnfoldModelAdmin):
        """unfold's, which may be written ModelAdmin[Model] as type checkers want it."""

        def __class_getitem__(cls, _: Any) -> type:
            """Return the class itself."""
            return cls

    class TabularInline(UnfoldTabularInline):
        """unfold's, which may be written TabularInline[Model, Model] as type checkers want it."""

        def __class_getitem__(cls, _: Any) -> type:
            """Return the class itself."""
            return cls


__all__ = ["EndlessPaginator", "ModelAdmin", "TabularInline"]
