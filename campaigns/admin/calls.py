"""A call from the admin: its recording, its parties, and ringing another one into it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns.acts import LISTEN, RING_IN, SEE_CALLS
from campaigns.calls.participants import UnableToJoin, add_participant, legs_of
from campaigns.calls.recordings import recording_response
from campaigns.leads.numbers import read_number
from campaigns.models import Attempt
from dialer.accounts.recordings import RecordingUnavailable
from dialer.admin.accesses import reader_of
from dialer.admin.base import ReadOnly
from dialer.admin.ruled import own_view
from dialer.providers.base import Leg


class CallPages(ReadOnly):
    """Mixin of the pages of an attempt."""

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of recording and parties."""
        listen = own_view(self.recording, act=LISTEN)
        parties = own_view(self.participants, act={"GET": SEE_CALLS, "POST": RING_IN})
        return [
            path("<int:pk>/recording/", listen, name="campaigns_attempt_recording"),
            path("<int:pk>/participants/", parties, name="campaigns_attempt_participants"),
            *super().get_urls(),
        ]

    def recording(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Stream the recording, or go back and say why not."""
        attempt = self._attempt(pk)
        try:
            wanted = request.headers.get("Range", "")
            return recording_response(attempt, reader=reader_of(request), now=timezone.now(), wanted=wanted)
        except RecordingUnavailable as error:
            if request.headers.get("Sec-Fetch-Dest") == "audio":  # a player, which shows no message
                return HttpResponse(error.reason, status=502, content_type="text/plain; charset=utf-8")
            messages.error(request, error.reason)
        return HttpResponseRedirect(reverse("admin:campaigns_attempt_change", args=[pk]))

    def participants(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the parties as the provider has them; ring another one on POST."""
        attempt = self._attempt(pk)
        if request.method == "POST":
            self._ring(request, attempt)
            return HttpResponseRedirect(request.path)
        legs: tuple[Leg, ...] = ()
        try:
            legs = legs_of(attempt=attempt)
        except UnableToJoin as error:
            messages.error(request, error.reason)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Parties of attempt #{pk}",
            "opts": Attempt._meta,
            "attempt": attempt,
            "legs": legs,
            "may_ring": RING_IN.may(request.user),
        }
        return render(request, "admin/campaigns/participants.html", context)

    def _ring(self, request: HttpRequest, attempt: Attempt) -> None:
        region = attempt.lead.contact.contact_list.default_region or None
        number = read_number(request.POST.get("number", ""), region=region)
        if not isinstance(number, str):
            messages.error(request, str(number.message))
            return
        by = request.user.get_username()
        try:
            add_participant(attempt=attempt, number=number, now=timezone.now(), by=by)
        except UnableToJoin as error:
            (messages.warning if error.may_have_rung else messages.error)(request, error.reason)
        else:
            messages.success(request, "The number is being rung into the call.")

    @staticmethod
    def _attempt(pk: int) -> Attempt:
        return get_object_or_404(Attempt.objects.select_related("account", "lead__contact__contact_list"), pk=pk)
