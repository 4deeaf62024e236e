"""The switchboard: one button that stops all dialing of the house, and who pressed it when.

Here and not in dialer, because stopping lists the calls in flight, which campaigns knows.
"""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from campaigns.admin.operating import in_flight
from campaigns.lifecycle.beat import beat_seen_at
from campaigns.lifecycle.home import confirm, shown
from campaigns.lifecycle.operations import set_dialing_allowed
from campaigns.states.campaigns import UnableToOperate
from dialer.acts.telephone import CONFIRM_HOME, SEE_SWITCHBOARD, TURN_SWITCH
from dialer.admin.ruled import refuse_unless
from dialer.admin.typed import ModelAdmin
from dialer.models import Switchboard


class SwitchForm(forms.Form):
    """What the new position is, why, and that it is meant."""

    allowed = forms.BooleanField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(label="Reason", max_length=200, required=False, widget=UnfoldAdminTextInputWidget())
    sure = forms.BooleanField(label="Yes, I mean it", widget=UnfoldBooleanWidget())

    def clean_sure(self) -> bool:
        """Refuse a button that was pressed by mistake."""
        return bool(self.cleaned_data["sure"])


class ConfirmForm(forms.Form):
    """That this database is the one that dials. ``doubt_since``: of the doubt that was shown."""

    doubt_since = forms.CharField(widget=forms.HiddenInput)
    only_one = forms.BooleanField(
        label="No other installation dials from this data, and what is missing is made up for",
        widget=UnfoldBooleanWidget(),
    )
    allow_dialing = forms.BooleanField(
        label="Let dialing go on at once", required=False, widget=UnfoldBooleanWidget(), initial=True
    )

    def clean_doubt_since(self) -> datetime:
        """Return the instant."""
        try:
            return datetime.fromisoformat(self.cleaned_data["doubt_since"])
        except ValueError as error:
            raise forms.ValidationError("Reload the page.") from error


@admin.register(Switchboard)
class SwitchboardAdmin(ModelAdmin[Switchboard]):
    """The one page of the switchboard."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: there is one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Switchboard | None = None) -> bool:
        """Refuse: there is one."""
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: object, **kwargs: object) -> HttpResponse:
        """Lead to the one page: the switch is turned there, with its reason, and never by a plain form."""
        return HttpResponseRedirect("../../")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Show the position, and turn the switch on POST."""
        refuse_unless(SEE_SWITCHBOARD, request)
        if request.method == "POST":
            refuse_unless(CONFIRM_HOME if "doubt_since" in request.POST else TURN_SWITCH, request)
            if answered(request):
                return HttpResponseRedirect(request.path)
            messages.error(request, "Nothing was changed: tick the box to say that you mean it.")
        board = Switchboard.objects.filter(pk=1).first() or Switchboard()
        home = shown()
        context = {
            **self.admin_site.each_context(request),
            "title": "Switchboard",
            "opts": Switchboard._meta,
            "board": board,
            "form": SwitchForm(initial={"allowed": not board.dialing_allowed}),
            "home": home,
            "beat_at": beat_seen_at(),
            "confirm_form": ConfirmForm(
                initial={"doubt_since": home.doubt_since.isoformat() if home.doubt_since else "", "allow_dialing": True}
            ),
            "may_switch": TURN_SWITCH.may(request.user),
            "may_confirm": CONFIRM_HOME.may(request.user),
        }
        return render(request, "admin/campaigns/switchboard.html", context)


def answered(request: HttpRequest) -> bool:
    """Do what the posted form asks for; False: it is not meant."""
    if "doubt_since" in request.POST:
        confirming = ConfirmForm(request.POST)
        if confirming.is_valid():
            confirm_home(request, **confirming.cleaned_data)
        return confirming.is_valid()
    form = SwitchForm(request.POST)
    if form.is_valid():
        turn(request, allowed=form.cleaned_data["allowed"], reason=form.cleaned_data["reason"])
    return form.is_valid()


def confirm_home(request: HttpRequest, *, doubt_since: datetime, allow_dialing: bool, **_: object) -> None:
    """Confirm the home, and say what follows."""
    by = request.user.get_username()
    try:
        confirm(since=doubt_since, by=by, allow_dialing=allow_dialing, now=timezone.now())
    except UnableToOperate as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Confirmed: this database is the one that dials.")


def turn(request: HttpRequest, *, allowed: bool, reason: str) -> None:
    """Turn the switch and say what is still in flight."""
    by, now = request.user.get_username(), timezone.now()
    try:
        calls = set_dialing_allowed(allowed=allowed, reason=reason, by=by, now=now)
    except UnableToOperate as error:
        messages.error(request, str(error))
        return
    if allowed:
        messages.success(request, "Dialing is allowed again. Running campaigns go on by themselves.")
    else:
        messages.warning(request, in_flight("All dialing is stopped.", calls.attempt_ids))
