"""The page of a person: who it is, why nobody calls or when somebody does, all that happened, and what can be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from campaigns.acts import EVIDENCE, LIFT, SEE_CONTACTS, SEE_LEADS, SEE_SUPPRESSED, SUPPRESS, WORK_LEADS
from campaigns.admin.callbacks import CallBackForm, is_called_again
from campaigns.admin.suppression_forms import SuppressPersonForm
from campaigns.explaining.why_not_now import Explanation, explain_leads
from campaigns.models import Contact, Lead, LeadState
from campaigns.people.line import Line, line_of, suppressions
from campaigns.people.timeline import KINDS, Event, Person, timeline
from campaigns.suppression import suppress
from dialer.acts import of
from dialer.admin.ruled import own_view

WAITS = (LeadState.PENDING, LeadState.DIALING)


def person_urls() -> list[URLPattern]:
    """Return the addresses of the person behind a contact, under the list of contacts."""
    barred = own_view(require_POST(suppress_person), act=SUPPRESS)
    return [
        path("<int:pk>/person/", own_view(require_GET(person_page), act=SEE_CONTACTS), name="campaigns_contact_person"),
        path("<int:pk>/suppress/", barred, name="campaigns_contact_suppress"),
    ]


def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a person."""
    contact, now = get_object_or_404(Contact, pk=pk), timezone.now()
    line = line_of(contact=contact)
    sees = {label for label in KINDS if _may_see(request, label)}
    events, is_cut = timeline(person=Person(number=line.number, leads=line.leads), sees=sees)
    may_see_suppressed = SEE_SUPPRESSED.may(request.user)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": line.name or line.number,
        "opts": Contact._meta,
        "object": contact,
        "contact": contact,
        "line": line,
        "may_edit": bool((act := of(Contact, "change")) and act.may(request.user)),
        "leads": _leads(request, line, now) if SEE_LEADS.may(request.user) else [],
        "suppressed": suppressions(number=line.number, now=now) if may_see_suppressed else [],
        "may_lift": LIFT.may(request.user),
        "suppress_form": SuppressPersonForm() if SUPPRESS.may(request.user) else None,
        "may_see_evidence": bool(line.leads) and EVIDENCE.may(request.user),
        "happened": [{"event": event, "url": _page_of(event)} for event in events],
        "is_cut": is_cut,
        "now": now,
    }
    return render(request, "admin/campaigns/person.html", context)


def _may_see(request: HttpRequest, label: str) -> bool:
    act = of(apps.get_model(label), "view")
    return act is not None and act.may(request.user)


def _page_of(event: Event) -> str:
    if event.row is None:
        return ""
    label, pk = event.row
    return reverse(f"admin:{label.replace('.', '_')}_change", args=[pk])


def _leads(request: HttpRequest, line: Line, now: datetime) -> list[dict[str, Any]]:
    """Return each lead with why or when, and what may be done with it."""
    waiting = [lead.pk for lead in line.leads if lead.state in WAITS]
    explained = explain_leads(lead_ids=waiting, now=now) if waiting else {}
    may_work = WORK_LEADS.may(request.user) and line.number.startswith("+")
    return [
        {
            "lead": lead,
            "said": _said(lead, explained.get(lead.pk)),
            "next_at": _next_at(explained.get(lead.pk)),
            "form": CallBackForm(lead=lead, now=now) if may_work and is_called_again(lead) else None,
        }
        for lead in line.leads
    ]


def _said(lead: Lead, explanation: Explanation | None) -> str:
    if explanation is not None:
        return explanation.said
    return f"{lead.get_state_display()}{f': {lead.state_reason}' if lead.state_reason else ''}."


def _next_at(explanation: Explanation | None) -> datetime | None:
    return explanation.next_at if explanation is not None and not explanation.allowed else None


def suppress_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the person's number on a suppression list."""
    contact, form, now = get_object_or_404(Contact, pk=pk), SuppressPersonForm(request.POST), timezone.now()
    if form.is_valid():
        how = form.how(now=now)
        into, (result, *_) = how["suppression_list"], suppress(numbers=[contact.number], **how)
        said = {
            "ADDED": f"Suppressed on {into}. Nobody calls the number from now on.",
            "CHANGED": f"Suppressed for longer on {into}.",
            "UNCHANGED": f"It was on {into} already, for as long or longer.",
        }.get(result.result)
        if said:
            messages.success(request, said)
        else:
            messages.error(request, result.message)
    for problems in form.errors.values():
        messages.error(request, " ".join(str(one) for one in problems))
    return HttpResponseRedirect(reverse("admin:campaigns_contact_person", args=[pk]))
