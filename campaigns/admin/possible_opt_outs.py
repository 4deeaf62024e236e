"""To decide: words of calls that may refuse others, and what somebody decides of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from campaigns.acts import DECIDE
from campaigns.admin.regions import HomeNumberSearch
from campaigns.calls.possible_opt_outs import MOST_COUNTED, UnableToDecide, decide, waiting_count
from campaigns.models import OptOutDecision, PossibleOptOut
from dialer.admin.base import BigTable, ReadOnly
from dialer.admin.choosing import carried_on, chosen_ids
from dialer.admin.ruled import action, own_view
from dialer.admin.sandbox_badge import with_badge
from dialer.admin.times import instant_field, shown
from dialer.admin.typed import ModelAdmin, display

TONES = {"": "warning", "OPT_OUT": "danger", "OPT_OUT_UNTIL": "warning", "NOT_OPT_OUT": "success"}


def waiting_badge(request: HttpRequest) -> str:
    """Return how many wait to be decided; nothing for none."""
    count = waiting_count()
    return f"{count:,}{'+' if count == MOST_COUNTED else ''}" if count else ""


class UntilForm(forms.Form):
    """Until when the numbers are not called."""

    until = instant_field("Until")


class DecideForm(forms.Form):
    """What the words come to."""

    decision = forms.ChoiceField(
        choices=OptOutDecision.choices,
        widget=UnfoldAdminSelectWidget(),
        help_text="An opt-out suppresses the number everywhere, and decides what else is open about it.",
    )
    until = instant_field("Until", required=False, help_text="For an opt-out until a date.")


class Waits(SimpleListFilter):
    """Those that wait, unless others are asked for."""

    title = "what was decided"
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices besides those that wait."""
        return [("yes", "Decided"), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Name the first choice by what it shows."""
        for number, choice in enumerate(super().choices(changelist)):
            yield {**choice, "display": "To decide"} if number == 0 else choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[PossibleOptOut]) -> QuerySet[PossibleOptOut]:
        """Return the rows of the choice; a link to one shows it whatever became of it."""
        if self.value() == "all" or "decision__exact" in request.GET:
            return queryset
        return queryset.filter(decided_at__isnull=self.value() != "yes")


@admin.register(PossibleOptOut)
class PossibleOptOutAdmin(HomeNumberSearch, ReadOnly, BigTable, ModelAdmin[PossibleOptOut]):
    """Possible opt-outs."""

    empty_hint = (
        "Nothing waits. Words of a call that may refuse others, and are not clear, wait here for your decision."
    )
    list_display = ("sentence", "person", "of_campaign", "call", "heard", "decided")
    list_display_links = None
    list_filter = (Waits, ("campaign", AutocompleteSelectFilter), ("decision", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("campaign", "attempt__lead__contact")
    actions = ("opt_out_selected", "not_an_opt_out_selected", "opt_out_until_selected")
    fields = (
        "said", "heard_in", "why", "words", "number", "campaign", "call", "contact", "event_id", "heard_at", "decision",
        "until", "decided_by", "decided_at",
    )  # fmt: skip
    change_form_outer_after_template = "admin/campaigns/ask.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the form."""
        view = own_view(require_POST(self.decide), act=DECIDE)
        return [path("<int:pk>/decide/", view, name="campaigns_possibleoptout_decide"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Add the form, while nobody has decided."""
        doubt = context["original"]
        if doubt.decided_at is None and DECIDE.may(request.user):
            context["ask_form"], context["ask_title"], context["ask_label"] = DecideForm(), "Decide", "Decide"
            context["ask_url"] = reverse("admin:campaigns_possibleoptout_decide", args=[doubt.pk])
        return super().render_change_form(request, context, *args, **kwargs)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide on one, for those who may, and go back to those that wait."""
        doubt = get_object_or_404(PossibleOptOut, pk=pk)
        form = DecideForm(request.POST)
        if form.is_valid():
            decision = OptOutDecision(form.cleaned_data["decision"])
            if self._decide(request, [doubt.pk], decision, form.cleaned_data["until"]):
                return HttpResponseRedirect(reverse("admin:campaigns_possibleoptout_changelist"))
        for problems in form.errors.values():
            messages.error(request, " ".join(str(one) for one in problems))
        return HttpResponseRedirect(reverse("admin:campaigns_possibleoptout_change", args=[pk]))

    @action(description="An opt-out: never call again", act=DECIDE)
    def opt_out_selected(self, request: HttpRequest, queryset: QuerySet[PossibleOptOut]) -> None:
        """Decide that the selected are opt-outs."""
        self._decide(request, chosen_ids(request), OptOutDecision.OPT_OUT, None)

    @action(description="Not an opt-out", act=DECIDE)
    def not_an_opt_out_selected(self, request: HttpRequest, queryset: QuerySet[PossibleOptOut]) -> None:
        """Decide that the selected are none."""
        self._decide(request, chosen_ids(request), OptOutDecision.NOT_OPT_OUT, None)

    @action(description="An opt-out until a date…", act=DECIDE)
    def opt_out_until_selected(self, request: HttpRequest, queryset: QuerySet[PossibleOptOut]) -> HttpResponse | None:
        """Ask until when, and decide."""
        asked = "until" in request.POST
        form = UntilForm(request.POST if asked else None)
        if asked and form.is_valid():
            self._decide(request, chosen_ids(request), OptOutDecision.OPT_OUT_UNTIL, form.cleaned_data["until"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "An opt-out until a date",
            "opts": PossibleOptOut._meta,
            "form": form,
            "doubts": queryset,
            **carried_on(chosen_ids(request)),
            "back": reverse("admin:campaigns_possibleoptout_changelist"),
        }
        return render(request, "admin/campaigns/decide_until.html", context)

    @staticmethod
    def _decide(request: HttpRequest, ids: list[int], decision: OptOutDecision, until: datetime | None) -> bool:
        """Decide and say what came of it; return whether anything could be decided by it."""
        try:
            by = request.user.get_username()
            found = decide(ids=ids, decision=decision, until=until, by=by, now=timezone.now())
        except UnableToDecide as error:
            messages.error(request, error.reason)
            return False
        if found.decided:
            messages.success(request, f"Decided: {len(found.decided)}. {decision.label}.")
        for said in found.earlier_said[:10]:
            messages.warning(request, said)
        return True

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leave the decision out where nobody has decided yet."""
        columns = super().get_list_display(request)
        waits_only = not {"decided", "decision__exact"} & request.GET.keys()
        return [one for one in columns if one != "decided" or not waits_only]

    @display(description="What was said, and why it is not clear")
    def sentence(self, doubt: PossibleOptOut) -> str:
        """Return the sentence, which leads to its page, and below where it was heard and what leaves the doubt."""
        page = reverse("admin:campaigns_possibleoptout_change", args=[doubt.pk])
        why = f"{doubt.get_why_display()}: {doubt.words}" if doubt.words else doubt.get_why_display()
        return _two_lines(format_html('<a href="{}">{}</a>', page, doubt.said), doubt.said, f"{doubt.heard_in} · {why}")

    @display(description="Campaign")
    def of_campaign(self, doubt: PossibleOptOut) -> str:
        """Return its name, cut where it is long."""
        return format_html('<p class="d-cut" title="{0}">{0}</p>', doubt.campaign.name)

    @display(description="Heard")
    def heard(self, doubt: PossibleOptOut) -> str:
        """Return when, by the campaign's clock."""
        return shown(doubt.heard_at, zone=doubt.campaign.time_zone, now=timezone.now())

    @display(description="Call")
    def call(self, doubt: PossibleOptOut) -> str:
        """Return a link to the attempt."""
        call = _link("attempt", doubt.attempt_id, f"#{doubt.attempt_id}")
        return with_badge(call, is_sandbox=doubt.attempt.is_rehearsal)

    @display(description="Number")
    def person(self, doubt: PossibleOptOut) -> str:
        """Return the number, which leads to the contact."""
        return _link("contact", doubt.attempt.lead.contact_id, doubt.number)

    @display(description="Contact")
    def contact(self, doubt: PossibleOptOut) -> str:
        """Return a link to the contact."""
        contact = doubt.attempt.lead.contact
        return _link("contact", contact.pk, contact.name or f"#{contact.pk}")

    @display(description="Decision")
    def decided(self, doubt: PossibleOptOut) -> str:
        """Return the decision with its colour, and by whom."""
        words = doubt.get_decision_display() if doubt.decision else "To decide"
        badge = format_html('<span class="d-state d-tone-{}">{}</span>', TONES[doubt.decision], words)
        return _two_lines(badge, words, f"by {doubt.decided_by}" if doubt.decided_by else "")


def _two_lines(first: str, whole: str, second: str) -> str:
    """Return a cell of two lines, each cut where it is too long; ``whole``: what the first says on hover."""
    return format_html(
        '<div><p class="d-cut" title="{}">{}</p><p class="d-note d-cut" title="{}">{}</p></div>',
        whole, first, second, second,
    )  # fmt: skip


def _link(model: str, pk: int, text: str) -> str:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:campaigns_{model}_change", args=[pk]), text)
