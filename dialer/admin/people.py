"""Users and groups, in the style of the other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from dialer.admin.typed import ModelAdmin

if TYPE_CHECKING:
    _Plain = object
else:
    _Plain = ModelAdmin

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class DialerUserAdmin(UserAdmin[User], _Plain):
    """People who may log in; what they may do comes from their groups and permissions."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class DialerGroupAdmin(GroupAdmin, _Plain):
    """Groups of permissions, e.g. campaign managers and viewers."""
