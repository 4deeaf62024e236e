"""How numbers are suppressed, as every page asks it: on which list, why, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from campaigns.models import SuppressionList
from campaigns.suppression import REASON_LENGTH, do_not_call
from dialer.admin.times import instant_field

#: For how many days, as the page of a person offers it.
DAYS = {"": "For ever", "30": "For 30 days", "90": "For 90 days", "365": "For a year"}


class WhyForm(forms.Form):
    """Why, and until when."""

    reason = forms.CharField(
        label="Reason", required=False, max_length=REASON_LENGTH, widget=UnfoldAdminTextInputWidget()
    )
    until = instant_field("Until", required=False, help_text="Empty: for ever.")

    def clean_until(self) -> datetime | None:
        """Return the instant. Raises ValidationError for one that has passed."""
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and until <= timezone.now():
            raise forms.ValidationError("This instant has passed: enter one that is still to come.")
        return until


class SuppressPeopleForm(WhyForm):
    """On which list as well; those that hold for all campaigns come first. Where there is none yet, one is made."""

    field_order: Any = ("suppression_list",)

    suppression_list = forms.ModelChoiceField(
        label="On the list",
        queryset=SuppressionList.objects.order_by("-applies_to_all", "name"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_first = not SuppressionList.objects.exists()
        if self.is_first:
            del self.fields["suppression_list"]

    def how(self, *, now: datetime) -> dict[str, Any]:
        """Return what a valid form says, as ``campaigns.suppression.suppress`` takes it."""
        given = {**self.cleaned_data, "now": now}
        return given if "suppression_list" in given else {**given, "suppression_list": do_not_call()}


class SuppressPersonForm(SuppressPeopleForm):
    """The same of one person, until when by quick choices."""

    field_order = ("suppression_list", "days")

    until = None  # type: ignore[assignment]
    days = forms.ChoiceField(
        label="Until", required=False, choices=list(DAYS.items()), widget=UnfoldAdminSelectWidget()
    )

    def how(self, *, now: datetime) -> dict[str, Any]:
        """Return the same, with the instant of the days chosen."""
        given = super().how(now=now)
        days = given.pop("days")
        return {**given, "until": now + timedelta(days=int(days)) if days else None}
