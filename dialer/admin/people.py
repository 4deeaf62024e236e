"""Users and groups, in the style of the other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from dialer.acts import Role
from dialer.admin.typed import ModelAdmin, display
from dialer.roles import rights_of

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


def roles_for(user: Any) -> list[Role]:
    """Return the roles that ``user`` may give: those that let nobody do what he may not do himself."""
    held = user.get_all_permissions()
    return [role for role in Role if user.is_superuser or rights_of(role) <= held]


def role_of(user: User) -> str:
    """Return the role that a user has, empty for none; of several the widest."""
    names = set(user.groups.values_list("name", flat=True)) if user.pk else set()
    return next((role.value for role in reversed(Role) if role.value in names), "")


if TYPE_CHECKING:
    _Form = forms.ModelForm[User]
else:
    _Form = forms.BaseModelForm


class GivesRole(_Form):
    """A form of a user with one choice for what he may do. ``asked_by``: who fills it in."""

    asked_by: ClassVar[Any] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = role_of(self.instance)
        offered = [role.value for role in roles_for(self.asked_by)] if self.asked_by is not None else []
        role: Any = self.fields["role"]
        role.choices = [("", "None"), *((name, name.capitalize()) for name in offered)]
        role.initial = chosen or ("" if self.instance.pk else Role.VIEWER.value)
        if "groups" in self.fields:
            self.fields["groups"].queryset = Group.objects.exclude(name__in=[role.value for role in Role])  # type: ignore[attr-defined]
            self.fields["groups"].label = "Groups of your own"

    def _save_m2m(self) -> None:
        kept = [] if "groups" in self.fields else _own_groups(self.instance)
        had = list(Group.objects.filter(name=role_of(self.instance)))
        super()._save_m2m()  # type: ignore[misc]
        if "role" not in self.data:
            self.instance.groups.add(*had)
            return
        given = Group.objects.filter(name=self.cleaned_data["role"] or None)
        chosen = list(self.cleaned_data["groups"]) if "groups" in self.fields else kept
        self.instance.groups.set([*chosen, *given])
        if self.cleaned_data["role"] and not self.instance.is_staff:
            self.instance.is_staff = True
            self.instance.save(update_fields=["is_staff"])


def _own_groups(user: User) -> list[Group]:
    return list(user.groups.exclude(name__in=[role.value for role in Role])) if user.pk else []


def _role_field() -> forms.ChoiceField:
    said = "Viewer: looks, with numbers masked. Manager: runs campaigns. Administrator: accounts, DIDs, users."
    return forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget(), help_text=said)


class RoleChangeForm(GivesRole, UserChangeForm):  # type: ignore[misc]  # unfold has no types
    """Of a user who is there."""

    role = _role_field()


class RoleCreationForm(GivesRole, UserCreationForm):  # type: ignore[misc]  # unfold has no types
    """Of a new one."""

    role = _role_field()


@admin.register(User)
class DialerUserAdmin(UserAdmin[User], _Plain):
    """People who may log in: a name, a mail address, and a role."""

    form = RoleChangeForm
    add_form = RoleCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "role", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    list_per_page = 50
    readonly_fields = ("last_login", "date_joined")
    # Django's own says that the rest is asked on the next page.
    add_form_template = None
    add_fieldsets = ((None, {"fields": ("username", "email", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the users with their groups."""
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.prefetch_related("groups")

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Build the form, with the roles that the asking user may give."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"asked_by": request.user})

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Ask for name, mail address and role first; the rest is for superusers, or needs no change."""
        if obj is None:
            (_, options), *_ = self.add_fieldsets
            name, mail, *password = options["fields"]
            return ((None, {"fields": (name, mail, "role", *password)}),)
        more: tuple[str, ...] = ("first_name", "last_name", "last_login", "date_joined")
        if is_superuser(request):
            more = (*more, *RIGHTS)
        first = ("username", "email", "role", "is_active", "password")
        return ((None, {"fields": first}), ("More", {"fields": more, "classes": ("collapse",)}))

    @display(description="Role", label={"Viewer": "default", "Manager": "info", "Administrator": "warning"})
    def role(self, user: User) -> str:
        """Return what the user may do, in one word."""
        if user.is_superuser:
            return "Superuser"
        names = {group.name for group in user.groups.all()}
        return next((role.value.capitalize() for role in reversed(Role) if role.value in names), "") or "None"

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse to change somebody who may do more, the password included."""
        return super().has_change_permission(request, obj) and may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse to delete somebody who may do more."""
        return super().has_delete_permission(request, obj) and may_touch(request, obj)


@admin.register(Group)
class DialerGroupAdmin(SuperusersOnly, GroupAdmin):
    """Groups of permissions, e.g. campaign managers and viewers."""
