"""Notes on calls: the list of all, and the form on the page of an attempt."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from campaigns.acts import NOTE, NOTE_AGAIN, SEE_NOTES
from campaigns.calls.note_effects import changes, effects_of, standing_of
from campaigns.calls.notes import UnableToNote, disposition_choices, prospect_of, send_again, write_note
from campaigns.models import Attempt, CallNote
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.choosing import summed_up
from dialer.admin.ruled import action, own_view
from dialer.admin.typed import ModelAdmin, display
from dialer.audit import unchanged

STATE_TONES = {
    "KEPT": "default",
    "WAITING": "info",
    "SENDING": "info",
    "SENT": "success",
    "FAILED": "danger",
    "UNCLEAR": "warning",
}
#: Whether the provider gets a copy, as the form offers it.
WHERE = {"": None, "yes": True, "no": False}


class NoteForm(forms.Form):
    """A disposition, a text, or both."""

    disposition = forms.CharField(required=False, max_length=100, widget=UnfoldAdminTextInputWidget())
    text = forms.CharField(required=False, max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))
    write_back = forms.ChoiceField(
        required=False,
        choices=[("", "At the provider too, if it can be"), ("yes", "At the provider too"), ("no", "Here only")],
        widget=UnfoldAdminSelectWidget(),
        label="Write it",
    )

    def __init__(self, data: Any = None, *, attempt: Attempt) -> None:
        super().__init__(data, prefix="note")
        known = disposition_choices(attempt=attempt)
        self.usual = [] if known else usual_dispositions(attempt)
        if self.usual:
            self.fields["disposition"].widget.attrs["list"] = "known-dispositions"
        if known:
            choices = [("", "None"), *((name, name) for name in known)]
            self.fields["disposition"] = forms.ChoiceField(
                required=False, choices=choices, widget=UnfoldAdminSelectWidget()
            )
        # What no disposition would mend is said before anything is written.
        reason = prospect_of(attempt=attempt, disposition=known[0] if known else "").reason
        self.fields["write_back"].help_text = f"Only here: {reason}." if reason else ""


def usual_dispositions(attempt: Attempt) -> list[str]:
    """Return the dispositions of which the campaign says what follows: those of its retries, and its words."""
    campaign = attempt.campaign
    named = [key.removeprefix("disposition:") for key in campaign.retry_rules or {} if key.startswith("disposition:")]
    return list(dict.fromkeys([*named, *(campaign.callback_words or []), *(campaign.opt_out_words or [])]))


def notes_context(request: HttpRequest, attempt: Attempt) -> dict[str, Any]:
    """Return what the page of an attempt shows of its notes."""
    form = NoteForm(attempt=attempt) if NOTE.may(request.user) else None
    return {
        "may_see_notes": SEE_NOTES.may(request.user),
        "notes": attempt.notes.all()[:50],
        "note_form": form,
        "known_dispositions": form.usual if form else [],
    }


class NotePages(ReadOnly):
    """Mixin of the pages of an attempt: takes the form in."""

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the form."""
        view = own_view(require_POST(self.write_note), act=NOTE)
        tried = own_view(require_POST(self.note_effects), act=NOTE)
        return [
            path("<int:pk>/notes/", view, name="campaigns_attempt_notes"),
            path("<int:pk>/notes/effects/", tried, name="campaigns_attempt_note_effects"),
            *super().get_urls(),
        ]

    def note_effects(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what would follow the note that is being written."""
        attempt = get_object_or_404(Attempt.objects.select_related("account", "campaign"), pk=pk)
        form, effects = NoteForm(request.POST, attempt=attempt), list[str]()
        if form.is_valid() and (form.cleaned_data["disposition"] or form.cleaned_data["text"]):
            given = {name: form.cleaned_data[name] for name in ("disposition", "text")}
            effects = effects_of(attempt=attempt, now=timezone.now(), **given)
        unchanged()
        return render(request, "admin/campaigns/note_effects.html", {"effects": effects})

    def write_note(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write a note, for those who may, and go back to the attempt."""
        attempt = get_object_or_404(Attempt.objects.select_related("account", "campaign"), pk=pk)
        form = NoteForm(request.POST, attempt=attempt)
        if form.is_valid():
            before, now = standing_of(attempt=attempt), timezone.now()
            given = {**form.cleaned_data, "write_back": WHERE[form.cleaned_data["write_back"]]}
            try:
                by = request.user.get_username()
                note, _ = write_note(attempt=attempt, by=by, now=now, **given)
                said = f": {note.reason}" if note.reason else ""
                zone, after = attempt.campaign.time_zone, standing_of(attempt=attempt)
                followed = changes(before, after, given=note.disposition, zone=zone, now=now)
                messages.success(request, f"Stored. {note.get_state_display()}{said}. {' '.join(followed)}")
            except UnableToNote as error:
                messages.error(request, error.reason)
        for problems in form.errors.values():
            messages.error(request, " ".join(str(one) for one in problems))
        return HttpResponseRedirect(reverse("admin:campaigns_attempt_change", args=[pk]) + "#notes")


@admin.register(CallNote)
class CallNoteAdmin(ReadOnly, BigTable, ModelAdmin[CallNote]):
    """Notes on calls."""

    list_display = ("note", "attempt", "disposition", "text", "state_label", "reason", "written_by", "created_at")
    list_filter = (("account", AutocompleteSelectFilter), ("state", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("attempt",)
    actions = ("send_selected",)
    fields = (
        "attempt", "account", "disposition", "text", "state", "reason", "tries", "next_try_at", "give_up_at", "sent_at",
        "call_key", "label_id", "written_by", "created_at",
    )  # fmt: skip

    @action(description="Write back again", act=NOTE_AGAIN)
    def send_selected(self, request: HttpRequest, queryset: QuerySet[CallNote]) -> None:
        """Have each written back, also one that may be there already: the person who asks has looked."""
        sent, problems = 0, []
        for note in queryset.select_related("attempt__account"):
            try:
                send_again(note=note, now=timezone.now())
                sent += 1
            except UnableToNote as error:
                problems.append((messages.ERROR, f"{note}: {error.reason}"))
        summed_up(request, problems)
        if sent:
            messages.success(request, f"Waiting to be written back: {sent}.")

    @display(description="Note")
    def note(self, note: CallNote) -> str:
        """Return its id."""
        return f"#{note.pk}"

    @display(description="State", label=STATE_TONES)
    def state_label(self, note: CallNote) -> tuple[str, str]:
        """Return the state with its colour."""
        return note.state, note.get_state_display()
