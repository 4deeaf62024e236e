"""Call templates: what a call does, with one input for each option that the provider declares for the action."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from campaigns.admin.entered import PairsField
from campaigns.lifecycle.approval import template_warnings
from campaigns.lifecycle.readiness import stopped_by_template
from campaigns.models import CallTemplate
from campaigns.settling.call_lengths import longest_call_of_template
from dialer import providers
from dialer.accounts.pick_lists import PickLists
from dialer.admin.account_form import drop_owned
from dialer.admin.base import NoBulkDelete
from dialer.admin.declared import Declared, declare, take
from dialer.admin.suggesting import suggest
from dialer.admin.typed import ModelAdmin, display
from dialer.providers.base import Action


def inputs_of(slug: str, action: str) -> list[Declared]:
    """Return the inputs of a template at the provider ``slug`` that does ``action``."""
    fields = providers.get(slug).option_fields.get(Action(action), ())
    return declare(prefix=f"{slug}__{action}", owner="options", fields=fields)


def every_kind() -> list[tuple[str, str]]:
    """Return each provider with each action that it can do."""
    return [
        (slug, action.value)
        for slug in providers.slugs()
        for action in Action
        if action in providers.get(slug).capabilities.actions
    ]


class TemplateForm(forms.ModelForm[CallTemplate]):
    """Writes the options from the inputs of the chosen provider and action."""

    variables = PairsField(
        label="Variables",
        help_text="One per line, the provider's name = the contact's name for it: customer_name = name. "
        "Empty: every variable of the contact under its own name.",
        rows=5,
    )

    def clean(self) -> dict[str, Any]:
        """Put what was entered into the instance, each problem at its input."""
        super().clean()
        slug, action = self.cleaned_data.get("provider"), self.cleaned_data.get("action")
        if slug and action and (slug, action) in every_kind():
            self.instance.options = take(form=self, inputs=inputs_of(slug, action))
        return self.cleaned_data

    def _update_errors(self, errors: ValidationError) -> None:
        """Drop the model's words on all options where the inputs have said it already."""
        drop_owned(errors, owners=("options",), said=bool(self.errors))
        super()._update_errors(errors)  # type: ignore[misc]


def template_form(template: CallTemplate | None) -> type[TemplateForm]:
    """Return the form class with the inputs of every provider and action; the page shows those that are chosen."""
    attributes: dict[str, Any] = {
        "provider": forms.ChoiceField(
            choices=[("", "Choose a provider"), *providers.choices()], widget=UnfoldAdminSelectWidget()
        )
    }
    lists = PickLists()
    for slug, action in every_kind():
        chosen = template is not None and (template.provider, template.action) == (slug, action)
        stored = template.options if template and chosen and isinstance(template.options, dict) else {}
        for declared in inputs_of(slug, action):
            picks = lists.of(slug, declared.field.picks) if declared.field.picks else None
            attributes[declared.input] = declared.form_field(stored, picks=picks)
    return type("TemplateForm", (TemplateForm,), attributes)


#: Stands where a secret is.
MASK = "••••••••"


class ProviderFilter(DropdownFilter):  # type: ignore[misc]
    """By provider."""

    title = "provider"
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer every provider."""
        return providers.choices()

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep the templates of the provider."""
        return queryset.filter(provider=self.value()) if self.value() else queryset


@admin.register(CallTemplate)
class CallTemplateAdmin(NoBulkDelete, ModelAdmin[CallTemplate]):
    """Call templates."""

    empty_hint = "A template says what a call does once it is answered: which bot, flow, text or agent."
    list_display = ("name", "provider_name", "action", "max_ring_seconds", "record", "updated_at")
    list_filter = (ProviderFilter,)
    search_fields = ("name",)
    search_help_text = "Name"
    list_per_page = 50
    readonly_fields = ("shown_options",)

    class Media:
        js = ("campaigns/template.js",)

    @property
    def conditional_fields(self) -> dict[str, str]:
        """Show the inputs of the provider and action that are chosen."""
        return {
            declared.input: f"provider == '{slug}' && action == '{action}'"
            for slug, action in every_kind()
            for declared in inputs_of(slug, action)
        }

    def is_unused(self, obj: CallTemplate) -> bool:
        """Return whether no campaign uses it."""
        return not obj.campaigns.exists()

    def users_of(self, obj: CallTemplate) -> list[str]:
        """Return the campaigns that it is in."""
        return list(obj.campaigns.order_by("name").values_list("name", flat=True))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[CallTemplate]]:
        """Build the form with the inputs of every provider."""
        form: type[forms.ModelForm[CallTemplate]] = super().get_form(
            request, obj, change, **{**kwargs, "form": template_form(obj)}
        )
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Group the inputs; those who may only look see the options in words, but for secrets."""
        can_change = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        declared = [one.input for kind in every_kind() for one in inputs_of(*kind)] if can_change else ["shown_options"]
        return [
            (None, {"fields": ["name", "provider", "action", *declared]}),
            ("Variables", {"fields": ["variables"]}),
            ("Call", {"fields": ["max_ring_seconds", "max_call_seconds", "record", "approval"]}),
        ]

    def save_model(self, request: HttpRequest, obj: CallTemplate, form: Any, change: bool) -> None:
        """Save, and warn of what was not read or approved at the provider, and of campaigns that this stops."""
        super().save_model(request, obj, form, change)
        stopped = stopped_by_template(template=obj, now=timezone.now()) if change else []
        for warning in [*template_warnings(template=obj), *stopped]:
            messages.warning(request, warning)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Tell the page which actions each provider can do, and which longest call the template's calls suggest."""
        kinds: dict[str, list[str]] = {slug: [] for slug in providers.slugs()}
        for slug, action in every_kind():
            kinds[slug].append(action)
        form = context["adminform"].form
        if "provider" in form.fields:
            form.fields["provider"].widget.attrs["data-actions"] = json.dumps(kinds)
        if isinstance(template := context.get("original"), CallTemplate):
            suggest(form=form, found=longest_call_of_template(template))
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="Options")
    def shown_options(self, template: CallTemplate) -> str:
        """Return the options by their labels, a line each; those that are secret are masked."""
        fields = {field.name: field for field in template.option_fields}
        options = template.options if isinstance(template.options, dict) else {}
        lines = (
            (fields[name].label if name in fields else name, MASK if name in fields and fields[name].secret else value)
            for name, value in options.items()
        )
        return format_html_join(SafeString("<br>"), "{}: {}", lines) or "–"

    @display(description="Provider", ordering="provider")
    def provider_name(self, template: CallTemplate) -> str:
        """Return the provider's own name."""
        return providers.of_account(template.provider).name
