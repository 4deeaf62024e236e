"""Users, groups and keys of the API, in the style of the other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from rest_framework.authtoken.admin import TokenAdmin
from rest_framework.authtoken.models import TokenProxy
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from dialer.admin.typed import ModelAdmin

if TYPE_CHECKING:
    _Plain = object
else:
    _Plain = ModelAdmin

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister(TokenProxy)


@admin.register(User)
class DialerUserAdmin(UserAdmin[User], _Plain):
    """People who may log in; what they may do comes from their groups and permissions."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class DialerGroupAdmin(GroupAdmin, _Plain):
    """Groups of permissions, e.g. campaign managers and viewers."""


@admin.register(TokenProxy)
class DialerTokenAdmin(TokenAdmin, _Plain):
    """Keys of the API: whoever sees one acts as its user."""

    list_filter = ()
