"""Rules profiles: a country's rules as data. Saving makes the next version, and running campaigns move to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from campaigns.admin.entered import ObjectField
from campaigns.admin.explained import duration
from campaigns.lifecycle.readiness import stopped_by_profile
from campaigns.models import Purpose, RulesProfile
from campaigns.rules.stored import profile_of
from campaigns.rules.walls import BrokenRule
from dialer.admin.base import NoBulkDelete
from dialer.admin.typed import ModelAdmin, display


class ProfileForm(forms.ModelForm[RulesProfile]):
    """Rules and sources are entered as they are stored, indented."""

    rules = ObjectField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "class": "d-mono"}),
        help_text="windows (by the contact's clock), holidays, caps, minimum_gap_seconds, series by purpose, "
        'required_fields: {"windows": [{"days": "12345", "opens": "09:00", "closes": "18:00"}], '
        '"caps": [{"calls": 3, "hours": 24}]}.',
    )
    sources = ObjectField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 12, "class": "d-mono"}),
        help_text='For each figure: [{"figure": "3 in 24 h", "source": "…", "verified": true, "note": "…"}].',
    )

    def clean_rules(self) -> Any:
        """Take nothing for no rules."""
        return self.cleaned_data["rules"] or {}

    def clean_sources(self) -> Any:
        """Take nothing for no sources. Raises ValidationError for what is no list of objects."""
        sources = self.cleaned_data["sources"] or []
        if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
            raise forms.ValidationError("Enter a list of objects, one for each figure.")
        return sources


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
        return ["name", "slug", "rules", "sources"] if may else ["name", "slug", "created_by", "created_at"]

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
