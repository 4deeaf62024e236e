"""The form by which a part of the feed is told a subscription again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from unfold.widgets import UnfoldAdminTextInputWidget

from dialer.admin.times import instant_field
from webhooks.models import Subscription
from webhooks.telling.replaying import UnableToReplay, position_before, replay


class ReplayForm(forms.Form):
    """What to tell again: what follows a place in the feed, or all since an instant."""

    after = forms.IntegerField(
        label="What follows this place in the feed",
        min_value=0,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "number"}),
        help_text="What it was not told while it was off follows “missed after”.",
    )
    since = instant_field("Or all since", required=False)
    until = forms.IntegerField(
        label="Up to this place",
        min_value=1,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "number"}),
        help_text="Empty: to where it was told by now.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse both and none."""
        given: dict[str, Any] = super().clean() or {}
        if (given.get("after") is None) == (given.get("since") is None):
            raise forms.ValidationError("Enter a place in the feed, or an instant.")
        return given


def tell_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell a part of the feed again, as the form says, and go back to the subscription's page."""
    subscription = get_object_or_404(Subscription, pk=pk)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        for problem in (problem for problems in form.errors.values() for problem in problems):
            messages.error(request, str(problem))
        return redirect("admin:webhooks_subscription_change", pk)
    given = form.cleaned_data
    after = given["after"] if given["after"] is not None else position_before(given["since"])
    try:
        replay(subscription_id=pk, after=after, until=given["until"])
    except UnableToReplay as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{subscription} is told again what follows {after} of the feed.")
    return redirect("admin:webhooks_subscription_change", pk)
