"""API keys in the admin: everybody makes, replaces and revokes his own; a superuser sees and revokes all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from dialer.acts.telephone import OWN_KEYS
from dialer.admin.pages import ask_page
from dialer.admin.ruled import action, own_view
from dialer.admin.sent_forms import is_result
from dialer.admin.typed import ModelAdmin, display
from dialer.keys.making import LASTS, UnableToRotate, make_key, revoke_key, rotate_key
from dialer.keys.scopes import limits, scopes
from dialer.models import ApiKey

LIMIT = "only_{}"


class ApiKeyForm(forms.Form):
    """What a new key shall be; one input for each kind that a key may be limited to."""

    name = forms.CharField(
        max_length=100, widget=UnfoldAdminTextInputWidget(), help_text="What it is for, and where it is used."
    )
    scopes = forms.MultipleChoiceField(
        choices=lambda: [(name, f"{name}: {said}") for name, said in scopes().items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="They narrow what you may do yourself, and never widen it.",
    )
    days = forms.IntegerField(
        min_value=0,
        max_value=3650,
        initial=LASTS.days,
        label="Lasts (days)",
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="After it the key is refused; replace it before. 0: it lasts for ever.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in limits():
            self.fields[LIMIT.format(kind)] = forms.CharField(
                required=False,
                label=f"Only certain {kind}",
                widget=UnfoldAdminTextInputWidget(),
                help_text="Their numbers (ids), with commas between. Empty: it is not limited to some.",
            )

    def clean(self) -> dict[str, Any]:
        """Read the limits."""
        super().clean()
        found: dict[str, list[int]] = {}
        for kind in limits():
            name = LIMIT.format(kind)
            ids = [one.strip().lstrip("#") for one in self.cleaned_data.get(name, "").split(",") if one.strip()]
            if not all(one.isdigit() and len(one) < 19 for one in ids):
                self.add_error(name, "Write numbers with commas between, e.g. 4, 7.")
            else:
                found[kind] = [int(one) for one in ids]
        self.cleaned_data["limits"] = found
        return self.cleaned_data


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin[ApiKey]):
    """API keys."""

    empty_hint = "A program that uses the REST API shows a key. Make one for each program."
    list_display = ("name", "prefix", "user", "scope_names", "expires_at", "last_used_at", "state")
    list_filter = ()
    list_select_related = ("user",)
    search_fields = ("name", "prefix")
    search_help_text = "Name, or how the key begins"
    list_per_page = 50
    actions: Any = ("revoke_selected",)
    fields = (
        "name", "user", "prefix", "scope_names", "limit_names", "created_at", "expires_at", "last_used_at",
        "revoked_at", "revoked_by", "replaces", "state",
    )  # fmt: skip
    readonly_fields = fields
    change_form_outer_after_template = "admin/dialer/api_key_tools.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return that everybody here may have keys."""
        return bool(request.user.is_active and request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Return whether it is one's own; a superuser sees all."""
        mine = obj is None or obj.user_id == request.user.pk
        return self.has_module_permission(request) and (mine or bool(request.user.is_superuser))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return that everybody makes keys of his own."""
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a key is replaced or revoked."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a revoked key stays to be seen."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """Return the keys that the user may see."""
        rows: QuerySet[ApiKey] = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(user_id=request.user.pk or 0)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the buttons."""
        rotate, revoke = (own_view(require_POST(view), act=OWN_KEYS) for view in (self.rotate_one, self.revoke_one))
        return [
            path("<int:pk>/rotate/", rotate, name="dialer_rotate_key"),
            path("<int:pk>/revoke/", revoke, name="dialer_revoke_key"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask what the key shall be, make it, and show it, this once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ApiKeyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            now, wanted = timezone.now(), form.cleaned_data
            days = wanted["days"]
            try:
                made = make_key(
                    user_id=int(request.user.pk or 0),
                    name=wanted["name"],
                    scopes=wanted["scopes"],
                    limits=wanted["limits"],
                    expires_at=now + (LASTS / LASTS.days) * days if days else None,
                    now=now,
                )
            except ModelValidationError as error:
                for name, texts in error.message_dict.items():
                    form.add_error(name if name in form.fields else None, texts)
            else:
                return self._show(request, *made)
        back = reverse("admin:dialer_apikey_changelist")
        return ask_page(request, form=form, title="New API key", label="Make the key", back=back, model=ApiKey)

    def rotate_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make the successor of one's own key, and show it, this once."""
        key = get_object_or_404(ApiKey, pk=pk, user=request.user)
        try:
            return self._show(request, *rotate_key(key=key, now=timezone.now()))
        except UnableToRotate as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:dialer_apikey_change", args=[pk]))

    def revoke_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Refuse a key from now on."""
        self._revoke(request, self.get_queryset(request).filter(pk=pk))
        return HttpResponseRedirect(reverse("admin:dialer_apikey_changelist"))

    @action(description="Revoke", act=OWN_KEYS)
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        """Refuse the selected keys from now on."""
        self._revoke(request, queryset)

    def _revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        by = request.user.get_username()
        done = [str(key) for key in keys if revoke_key(key=key, by=by, now=timezone.now())]
        messages.success(request, f"Refused from now on: {', '.join(done) or 'none, they were revoked before'}.")

    def _show(self, request: HttpRequest, key: ApiKey, secret: str) -> HttpResponse:
        """Show a new key on this page and nowhere else: a message would be stored on its way to the next one."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"The key {key.name}",
            "opts": ApiKey._meta,
            "key": key,
            "secret": secret,
        }
        response = render(request, "admin/dialer/api_key_made.html", context)
        response["Cache-Control"] = "no-store"
        return is_result(response, at=reverse("admin:dialer_apikey_change", args=[key.pk]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Offer the buttons that are of use."""
        key = context.get("original")
        if isinstance(key, ApiKey):
            is_taken = not key.why_refused(now=timezone.now())
            context["may_revoke"] = is_taken
            context["may_rotate"] = is_taken and key.user_id == request.user.pk and not hasattr(key, "successor")
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="Scopes")
    def scope_names(self, key: ApiKey) -> str:
        """Return the scopes."""
        return ", ".join(key.scopes)

    @display(description="Limited to")
    def limit_names(self, key: ApiKey) -> str:
        """Return the limits in words."""
        return "; ".join(f"{kind}: {', '.join(map(str, ids))}" for kind, ids in key.limits.items()) or "Not limited"

    @display(description="State", label={"Taken": "success", "Revoked": "danger", "Expired": "warning"})
    def state(self, key: ApiKey) -> str:
        """Return whether the key is taken."""
        if key.revoked_at is not None:
            return "Revoked"
        return "Expired" if key.why_refused(now=timezone.now()) else "Taken"
