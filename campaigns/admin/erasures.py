"""Erasures: one person, by a number, everywhere; asked for here, done by a worker, with its proof."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from campaigns.erasure.own_rows import Refused
from campaigns.erasure.runs import ask, may_ask
from campaigns.models import Erasure
from dialer.admin.typed import ModelAdmin, display

TONES = {"WAITING": "info", "RUNNING": "info", "DONE": "success", "REFUSED": "danger"}
PROOF = ("state", "step", "asked_by", "asked_at", "begun_at", "ended_at", "problem")
FOUND = ("proven", "erased", "still_found", "kept", "not_reachable", "is_suppressed")


class ErasureForm(forms.ModelForm[Erasure]):
    """Whom to erase. Nothing of it can be taken back."""

    number = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(),
        help_text="With its country code. Contacts, leads and calls lose all that says who it was, for good.",
    )

    class Meta:
        model = Erasure
        fields = ("number", "never_call", "reason")

    def clean(self) -> dict[str, Any]:
        """Say at the number what stands against it."""
        wanted = super().clean() or {}
        if not self.errors:
            try:
                may_ask(number=wanted["number"], reason=wanted["reason"])
            except (Refused, ValueError) as problem:
                self.add_error("number", str(problem))
        return wanted


@admin.register(Erasure)
class ErasureAdmin(ModelAdmin[Erasure]):
    """Erasures."""

    empty_hint = "Somebody asks to be forgotten: add the number here. What was erased, and what a search finds, stays."
    form = ErasureForm
    list_display = ("erasure", "state_label", "proven", "never_call", "asked_by", "asked_at", "ended_at", "problem")
    ordering = ("-id",)

    def get_fields(self, request: HttpRequest, obj: Erasure | None = None) -> Any:
        """Return the inputs, or what came of it."""
        return ("number", "never_call", "reason") if obj is None else ("never_call", "reason", *PROOF, *FOUND)

    def get_readonly_fields(self, request: HttpRequest, obj: Erasure | None = None) -> Any:
        """Let nothing be changed of one that was asked for."""
        return () if obj is None else ("never_call", "reason", *PROOF, *FOUND)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: it is a proof."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: it is a proof."""
        return False

    def save_model(self, request: HttpRequest, obj: Erasure, form: Any, change: bool) -> None:
        """Ask for it."""
        made = ask(
            number=form.cleaned_data["number"],
            never_call=obj.never_call,
            reason=obj.reason,
            by=request.user.get_username(),
            now=timezone.now(),
        )
        obj.pk = made.pk
        obj.refresh_from_db()

    @display(description="Erasure")
    def erasure(self, erasure: Erasure) -> str:
        """Return its id."""
        return f"#{erasure.pk}"

    @display(description="State", label=TONES)
    def state_label(self, erasure: Erasure) -> tuple[str, str]:
        """Return the state with its colour."""
        return erasure.state, erasure.get_state_display()

    @display(description="Proven")
    def proven(self, erasure: Erasure) -> str:
        """Return whether a search afterwards found nothing."""
        return "Yes" if erasure.is_proven else "No" if erasure.state == "DONE" else "–"
