"""The switchboard: one button that stops all dialing of the house, and who pressed it when.

Here and not in dialer, because stopping lists the calls in flight, which campaigns knows.
"""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from campaigns.admin.operating import in_flight
from campaigns.lifecycle.operations import set_dialing_allowed
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
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        form = SwitchForm(request.POST or None)
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            if form.is_valid():
                turn(request, allowed=form.cleaned_data["allowed"], reason=form.cleaned_data["reason"])
                return HttpResponseRedirect(request.path)
            messages.error(request, "Nothing was changed: tick the box to say that you mean it.")
        board = Switchboard.objects.filter(pk=1).first() or Switchboard()
        context = {
            **self.admin_site.each_context(request),
            "title": "Switchboard",
            "opts": Switchboard._meta,
            "board": board,
            "form": SwitchForm(initial={"allowed": not board.dialing_allowed}),
            "may_switch": self.has_change_permission(request),
        }
        return render(request, "admin/campaigns/switchboard.html", context)


def turn(request: HttpRequest, *, allowed: bool, reason: str) -> None:
    """Turn the switch and say what is still in flight."""
    calls = set_dialing_allowed(allowed=allowed, reason=reason, by=request.user.get_username(), now=timezone.now())
    if allowed:
        messages.success(request, "Dialing is allowed again. Running campaigns go on by themselves.")
    else:
        messages.warning(request, in_flight("All dialing is stopped.", calls.attempt_ids))
