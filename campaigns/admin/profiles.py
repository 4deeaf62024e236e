"""Rules profiles: a country's rules as data. Saving makes the next version, and running campaigns move to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.admin.explained import duration
from campaigns.admin.inputs.caps import caps_field
from campaigns.admin.inputs.durations import DurationField
from campaigns.admin.inputs.profile_rows import names_field, series_field, sources_field
from campaigns.admin.inputs.week import week_field
from campaigns.lifecycle.readiness import stopped_by_profile
from campaigns.models import Purpose, RulesProfile
from campaigns.rules.stored import profile_of
from campaigns.rules.walls import BrokenRule
from dialer.admin.account_form import drop_owned
from dialer.admin.base import NoBulkDelete
from dialer.admin.places import CountryField
from dialer.admin.typed import ModelAdmin, display

#: The inputs in their order.
INPUTS = (
    "windows",
    ("holiday_country", "holiday_subdivision"),
    *("caps", "minimum_gap_seconds", "series", "required_fields", "sources"),
)
#: Inputs of the form by the rule that each of them is.
PLAIN_RULES = ("windows", "caps", "minimum_gap_seconds", "series", "required_fields")
PLACE = ("holiday_country", "holiday_subdivision")


class ProfileForm(forms.ModelForm[RulesProfile]):
    """Rules and sources, each by inputs of its own. A rule that nobody touched stays as it is stored."""

    windows = week_field(label="Hours", help_text="By the contact's clock. No row: at any hour.")
    holiday_country = CountryField(
        label="Holidays of", help_text="No calls on its public holidays. Empty: on all days."
    )
    holiday_subdivision = forms.CharField(
        label="And of its region",
        required=False,
        max_length=10,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "e.g. MH"}),
    )
    caps = caps_field(label="Caps", help_text="Most calls of one person in any so many hours, over all campaigns.")
    minimum_gap_seconds = DurationField(
        label="Least gap", empty_seconds=0, help_text="Least time between two calls of one person. Empty: none."
    )
    series = series_field(label="Number series", help_text="From which numbers calls of a purpose may come. None: any.")
    required_fields = names_field(
        label="Required variables", help_text="Variables without which nobody may call a contact, such as a consent."
    )
    sources = sources_field(label="Sources", help_text="Where each figure comes from.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules, holidays = self._stored(), self._stored().get("holidays")
        place = holidays if isinstance(holidays, dict) else {}
        self.initial.update({name: rules[name] for name in PLAIN_RULES if name in rules})
        self.initial.update({name: place.get(name.removeprefix("holiday_"), "") for name in PLACE})

    def _stored(self) -> dict[str, Any]:
        rules: Any = self.instance.rules
        return dict(rules) if isinstance(rules, dict) else {}

    def clean(self) -> dict[str, Any]:
        """Put the rules together: those that were touched in place of what is stored."""
        super().clean()
        rules = self._stored()
        for name in PLAIN_RULES:
            if name in self.changed_data and name in self.cleaned_data:
                _put(rules, name, self.cleaned_data[name])
        if set(PLACE) & set(self.changed_data):
            place = {name.removeprefix("holiday_"): self.cleaned_data.get(name) or "" for name in PLACE}
            _put(rules, "holidays", {name: value for name, value in place.items() if value})
        self.instance.rules = rules
        return self.cleaned_data

    def _update_errors(self, errors: forms.ValidationError) -> None:
        """Say what the model has against the rules at the top, unless an input has said it."""
        drop_owned(errors, owners=("rules",), said=bool(self.errors))
        super()._update_errors(errors)  # type: ignore[misc]


def _put(rules: dict[str, Any], name: str, value: Any) -> None:
    if value:
        rules[name] = value
    else:
        rules.pop(name, None)


@admin.register(RulesProfile)
class RulesProfileAdmin(NoBulkDelete, ModelAdmin[RulesProfile]):
    """Profiles with all their versions; only the latest of each can be changed."""

    list_display = ("name", "slug", "version", "is_latest", "unverified", "created_by", "created_at")
    list_filter = (("is_latest", BooleanRadioFilter),)
    search_fields = ("name", "slug")
    search_help_text = "Name"
    form = ProfileForm
    change_form_outer_before_template = "admin/campaigns/profile.html"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add what the stored rules say, in words."""
        if context.get("original") is not None:
            context["says"] = said(context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what is stored where it cannot be edited: it is said above."""
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return ["name", "slug", *INPUTS] if may else ["name", "slug", "created_by", "created_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: by which rules a call was made stays readable."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse to change a version that is not the latest."""
        is_past = isinstance(obj, RulesProfile) and not obj.is_latest
        return super().has_change_permission(request, obj) and not is_past

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep the slug, by which the versions belong together."""
        return ("slug",) if obj else ()

    def save_model(self, request: HttpRequest, obj: RulesProfile, form: Any, change: bool) -> None:
        """Save the next version, in the name of who made it; a later file of the project does not overwrite it."""
        obj.created_by = request.user.get_username()
        obj.file_digest = ""
        obj.save()
        for sentence in stopped_by_profile(slug=obj.slug, now=timezone.now()):
            messages.warning(request, sentence)

    @display(description="Figures not verified")
    def unverified(self, profile: RulesProfile) -> str:
        """Return how many of its figures nobody has verified."""
        open_ones = [source for source in profile.sources if not source.get("verified")]
        return f"{len(open_ones)} of {len(profile.sources)}" if profile.sources else "—"


def said(profile: RulesProfile) -> list[tuple[str, str]]:
    """Return the rules of a profile in words; what it does not limit is said as well."""
    try:
        rules = profile_of(slug=profile.slug, version=profile.version, rules=profile.rules)
    except BrokenRule as problem:
        return [("Cannot be applied", str(problem))]
    calendar = rules.hours.calendar if rules.hours else None
    place = f"{calendar.country} {calendar.subdivision}".strip() if calendar else ""
    series = "; ".join(f"{Purpose(name).label}: {', '.join(prefixes)}" for name, prefixes in rules.series.items())
    gap = rules.caps.minimum_gap_seconds
    return [
        ("Hours, by the contact's clock", ", ".join(map(str, rules.hours.windows)) if rules.hours else "Any"),
        ("Public holidays without calls", place or "None"),
        ("Most calls of one person", ", ".join(map(str, rules.caps.caps)) or "Not limited"),
        ("Least time between two", duration(gap) if gap else "Not limited"),
        ("Number series", series or "Any"),
        ("Required of a contact", ", ".join(rules.required_fields) or "Nothing"),
    ]
