"""Users and groups, in the style of the other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from dialer.admin.typed import ModelAdmin

if TYPE_CHECKING:
    _Plain = object
else:
    _Plain = ModelAdmin

admin.site.unregister(User)
admin.site.unregister(Group)


#: What gives rights; only superusers enter it.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class SuperusersOnly(_Plain):
    """Mixin of what gives rights: only superusers see or touch it, whatever permissions others were given."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the user is a superuser."""
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user is a superuser."""
        return is_superuser(request)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Return whether the user is a superuser."""
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user is a superuser."""
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user is a superuser."""
        return is_superuser(request)


def is_superuser(request: HttpRequest) -> bool:
    """Return whether an active superuser asks."""
    return bool(request.user.is_active and request.user.is_superuser)


def may_touch(request: HttpRequest, user: User | None) -> bool:
    """Return whether the asking user has every right that ``user`` has: a new password would lend them to him."""
    if user is None or is_superuser(request):
        return True
    return not user.is_superuser and user.get_all_permissions() <= request.user.get_all_permissions()


@admin.register(User)
class DialerUserAdmin(UserAdmin[User], _Plain):
    """People who may log in; what they may do comes from their groups and permissions."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Show rights without inputs to everybody but superusers."""
        shown = tuple(super().get_readonly_fields(request, obj))
        return shown if is_superuser(request) else (*shown, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse to change somebody who may do more, the password included."""
        return super().has_change_permission(request, obj) and may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse to delete somebody who may do more."""
        return super().has_delete_permission(request, obj) and may_touch(request, obj)


@admin.register(Group)
class DialerGroupAdmin(SuperusersOnly, GroupAdmin):
    """Groups of permissions, e.g. campaign managers and viewers."""
