"""What happened to one person, over all campaigns, in one line of time; the newest first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.models import (
    Attempt,
    Callback,
    CallNote,
    Contact,
    Lead,
    LeadState,
    OptOut,
    PossibleOptOut,
    Skip,
    SuppressedNumber,
)
from dialer.providers.vocabulary import in_words

#: Of each kind the latest so many are read.
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, or will. ``row``: label and id of what it is about; ``until``: until when it holds.

    ``in_sandbox``: it was rehearsed, and nobody was called.
    """

    at: datetime
    what: str
    said: str = ""
    campaign: str = ""
    row: tuple[str, int] | None = None
    until: datetime | None = None
    in_sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose line it is: the number, and the leads that it is."""

    number: str
    leads: Sequence[Lead]


def timeline(*, person: Person, sees: Collection[str]) -> tuple[list[Event], bool]:
    """Return the events of a person, newest first, and whether there are older ones.

    ``sees``: labels of the models that are looked at, those whose rows somebody may see.
    """
    found: list[Event] = []
    is_cut = False
    for label, read in _SOURCES.items():
        if label in sees:
            events = list(read(person))
            is_cut = is_cut or len(events) > MOST
            found += events[:MOST]
    return sorted(found, key=lambda event: event.at, reverse=True), is_cut


def _uploaded(person: Person) -> Iterator[Event]:
    contacts = Contact.objects.filter(number=person.number).select_related("contact_list", "contact_import")
    for contact in contacts.order_by("-id")[: MOST + 1]:
        file = contact.contact_import.file_name if contact.contact_import else ""
        said = f"to {contact.contact_list}" + (f", from {file}" if file else "")
        yield Event(at=contact.created_at, what="Came in", said=said, row=("campaigns.contact", contact.pk))


def _leads(person: Person) -> Iterator[Event]:
    for lead in person.leads:
        of: dict[str, Any] = {
            "campaign": lead.campaign.name,
            "row": ("campaigns.lead", lead.pk),
            "in_sandbox": lead.in_sandbox,
        }
        yield Event(at=lead.created_at, what="Joined the campaign", **of)
        if lead.state == LeadState.PENDING:
            what = "Callback due" if lead.callback_at else "Due"
            yield Event(at=lead.next_attempt_at, what=what, said=lead.state_reason, **of)
        if lead.ended_at is not None:
            yield Event(at=lead.ended_at, what=lead.get_state_display(), said=lead.state_reason, **of)


def _calls(person: Person) -> Iterator[Event]:
    calls = (
        Attempt.objects.filter(lead__in=[lead.pk for lead in person.leads])
        .select_related("campaign", "agent", "did")
        .defer("transcript", "analysis")
    )
    for call in calls.order_by("-id")[: MOST + 1]:
        yield Event(
            at=call.placing_at or call.reserved_at,
            what="Called",
            said=" · ".join(part for part in _of_call(call) if part),
            campaign=call.campaign.name,
            row=("campaigns.attempt", call.pk),
            in_sandbox=call.in_sandbox,
        )


def _of_call(call: Attempt) -> Iterator[str]:
    yield str(call.get_outcome_display()) if call.outcome else f"{call.get_state_display()}, under way"
    yield call.disposition
    yield f"{call.length_seconds:.0f} s" if call.length_seconds else ""
    yield f"pressed {call.digits}" if call.digits else ""
    yield f"agent {call.agent.name}" if call.agent else ""
    yield f"from {call.did.number}" if call.did else ""
    yield in_words(call.refusal) if call.refusal else ""


def _skips(person: Person) -> Iterator[Event]:
    skips = Skip.objects.filter(number=person.number).select_related("campaign__account").order_by("-id")
    for skip in skips[: MOST + 1]:
        yield Event(
            at=skip.at,
            what="Not called (passed over)",
            said=skip.detail,
            campaign=skip.campaign.name,
            row=("campaigns.skip", skip.pk),
            until=skip.until,
            in_sandbox=skip.campaign.in_sandbox,
        )


def _notes(person: Person) -> Iterator[Event]:
    notes = CallNote.objects.filter(attempt__lead__in=[lead.pk for lead in person.leads])
    for note in notes.select_related("attempt__campaign").order_by("-id")[: MOST + 1]:
        said = " · ".join(part for part in (note.disposition, note.text, f"by {note.written_by}") if part)
        yield Event(
            at=note.created_at,
            what="Note",
            said=said,
            campaign=note.attempt.campaign.name,
            row=("campaigns.attempt", note.attempt_id),
            in_sandbox=note.attempt.in_sandbox,
        )


def _callbacks(person: Person) -> Iterator[Event]:
    callbacks = Callback.objects.filter(lead__in=[lead.pk for lead in person.leads]).select_related(
        "lead__campaign__account"
    )
    for one in callbacks.order_by("-id")[: MOST + 1]:
        of: dict[str, Any] = {
            "campaign": one.lead.campaign.name,
            "row": ("campaigns.callback", one.pk),
            "in_sandbox": one.lead.in_sandbox,
        }
        said = f"by {one.set_by}" + (f": {one.note}" if one.note else "")
        yield Event(at=one.created_at, what="Callback set", said=said, until=one.due_at, **of)
        if one.called_off_at is not None:
            yield Event(at=one.called_off_at, what="Callback called off", **of)


def _opt_outs(person: Person) -> Iterator[Event]:
    for said in OptOut.objects.filter(number=person.number).order_by("-id")[: MOST + 1]:
        row = ("campaigns.attempt", said.attempt_id)
        yield Event(at=said.created_at, what="Opted out", said=said.words, row=row)


def _doubts(person: Person) -> Iterator[Event]:
    doubts = PossibleOptOut.objects.filter(number=person.number).select_related("campaign__account").order_by("-id")
    for doubt in doubts[: MOST + 1]:
        of: dict[str, Any] = {
            "campaign": doubt.campaign.name,
            "row": ("campaigns.possibleoptout", doubt.pk),
            "in_sandbox": doubt.campaign.in_sandbox,
        }
        said = f"{doubt.heard_in}: {doubt.said}"
        yield Event(at=doubt.heard_at, what="May have opted out", said=said, **of)
        if doubt.decided_at is not None:
            decided = f"{doubt.get_decision_display()}, by {doubt.decided_by}"
            yield Event(at=doubt.decided_at, what="Decided", said=decided, until=doubt.until, **of)


def _suppressed(person: Person) -> Iterator[Event]:
    entries = SuppressedNumber.objects.filter(number=person.number).select_related("suppression_list").order_by("-id")
    for entry in entries[: MOST + 1]:
        said = f"on {entry.suppression_list}" + (f": {entry.reason}" if entry.reason else "")
        row = ("campaigns.suppressednumber", entry.pk)
        yield Event(at=entry.created_at, what="Suppressed", said=said, until=entry.until, row=row)


#: By the label of the model whose rows it tells.
_SOURCES: dict[str, Callable[[Person], Iterator[Event]]] = {
    "campaigns.contact": _uploaded,
    "campaigns.lead": _leads,
    "campaigns.attempt": _calls,
    "campaigns.skip": _skips,
    "campaigns.callnote": _notes,
    "campaigns.callback": _callbacks,
    "campaigns.optout": _opt_outs,
    "campaigns.possibleoptout": _doubts,
    "campaigns.suppressednumber": _suppressed,
}
KINDS = tuple(_SOURCES)
