"""Finds people, calls and campaigns by what somebody types in one input; an index answers each, at any size.

Who may not see whole numbers must not read one out, digit by digit, by what is found: he searches by the digits that
he sees, or by a whole number, which he knows.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import BooleanField, F, Func, QuerySet, Value

from campaigns.models import Attempt, Campaign, Contact, SuppressedNumber
from campaigns.models.contacts import to_find
from dialer.models import ProviderAccount
from dialer.numbering.readings import searched

#: Of each kind so many are shown.
MOST = 8
#: So many contacts are read to find that many people, who may stand in several lists.
_READ = 5 * MOST
#: Least digits of the end of a number, and all that who sees none whole may ask for: those that the mask shows.
LEAST_DIGITS = 3
_DIGITS = re.compile(r"[+\d\s().\-/]+")
#: Shorter ones are no id of a provider's.
_LEAST_OF_AN_ID = 6
#: Words of which the beginning is enough; shorter ones are looked for as they are, but for one that is being typed.
_LEAST_OF_A_WORD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What a text may mean. ``numbers``: whole ones; ``end``: the last digits of one; ``row``: after a ``#``."""

    text: str
    numbers: Sequence[str] = ()
    end: str = ""
    row: int | None = None
    reference: uuid.UUID | None = None
    may_be_name: bool = False
    note: str = ""


def read(text: str, *, regions: Collection[str], sees_numbers: bool) -> Sought:
    """Return what ``text`` may mean; ``regions``: countries of numbers without a country code. Pure."""
    text = " ".join(text.split())
    if match := re.fullmatch(r"#\s?(\d{1,18})", text):
        return Sought(text=text, row=int(match[1]))
    if not _DIGITS.fullmatch(text):
        has_letters = any(char.isalpha() for char in text)
        # A name may hold digits of a number.
        readable = sees_numbers or not any(char.isdigit() for char in text)
        return Sought(text=text, reference=_reference(text), may_be_name=len(text) > 1 and has_letters and readable)
    numbers, end = searched(text, regions=regions), re.sub(r"\D", "", text)
    if len(end) < LEAST_DIGITS:
        return Sought(text=text, note=f"Type {LEAST_DIGITS} digits at least.")
    if sees_numbers:
        return Sought(text=text, numbers=numbers, end=end)
    if len(end) == LEAST_DIGITS:
        return Sought(text=text, end=end)
    note = "" if numbers else f"You see the last {LEAST_DIGITS} digits of a number: search by these, or by all of it."
    return Sought(text=text, numbers=numbers, note=note)


def _reference(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def people(sought: Sought) -> list[list[Contact]]:
    """Return people, each as the contacts that have the same number; the surest finds first."""
    ids = [*_by_number(sought), *_by_own_id(sought), *_by_name(sought)]
    contacts = Contact.objects.select_related("contact_list").in_bulk(ids)
    found: dict[str, list[Contact]] = {}
    for pk in dict.fromkeys(ids):
        if (contact := contacts.get(pk)) is not None:
            found.setdefault(contact.number, []).append(contact)
    return list(found.values())[:MOST]


def _by_number(sought: Sought) -> Iterable[int]:
    whole = list(Contact.objects.filter(number__in=sought.numbers).order_by("-id").values_list("id", flat=True)[:_READ])
    if sought.numbers and not whole:
        # A further number of somebody, which was rung.
        calls = Attempt.objects.filter(number__in=sought.numbers)
        whole = list(calls.values_list("lead__contact_id", flat=True)[:1])
    if whole or not sought.end:
        return whole
    return _read(numbers_end_with(sought.end))


def numbers_end_with(digits: str) -> Func:
    """Return the condition that a contact's number ends with these digits, which an index answers."""
    return _found_by(Func(Value(f"'#{digits[::-1]}':*"), template="(%(expressions)s)::tsquery"))


def _found_by(query: Func) -> Func:
    return Func(to_find(), query, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())


def _read(condition: Func) -> list[int]:
    """Return the ids of some contacts, in no order: in one, all that are found would be read before."""
    return list(Contact.objects.filter(condition).order_by().values_list("id", flat=True)[:_READ])


def _by_own_id(sought: Sought) -> Iterable[int]:
    if sought.row is not None or not sought.text:
        return []
    found = Contact.objects.filter(external_reference=sought.text).exclude(external_reference="")
    return list(found.values_list("id", flat=True)[:_READ])


def _by_name(sought: Sought) -> Iterable[int]:
    if not sought.may_be_name:
        return []
    words = re.findall(r"\w+", sought.text.lower().replace("_", " "))
    begins = [len(word) >= _LEAST_OF_A_WORD or word is words[-1] for word in words]
    wanted = " & ".join(f"'{word}'{':*' if open_ended else ''}" for word, open_ended in zip(words, begins, strict=True))
    return sorted(_read(_found_by(Func(Value("simple"), Value(wanted), function="to_tsquery"))), reverse=True)


def suppressed(sought: Sought) -> list[SuppressedNumber]:
    """Return the entries of suppression lists of a whole number."""
    entries = SuppressedNumber.objects.filter(number__in=sought.numbers).select_related("suppression_list")
    return list(entries[:MOST]) if sought.numbers else []


def calls(sought: Sought) -> list[Attempt]:
    """Return calls: by ``#id``, our reference or the provider's id, and the latest of a whole number."""
    rows = Attempt.objects.select_related("campaign").defer("transcript", "analysis")
    if sought.row is not None:
        return list(rows.filter(pk=sought.row))
    if sought.reference is not None:
        return list(rows.filter(reference=sought.reference))
    found = [call for number in sought.numbers for call in rows.filter(number=number).order_by("-id")[:MOST]]
    return (found or _by_provider_id(rows, sought.text))[:MOST]


def _by_provider_id(rows: QuerySet[Attempt], text: str) -> list[Attempt]:
    if len(text) < _LEAST_OF_AN_ID or " " in text:
        return []
    # The index on the provider's id begins with the account.
    accounts = list(ProviderAccount.objects.values_list("pk", flat=True))
    return list(rows.filter(account__in=accounts, external_id=text)[:MOST])


def campaigns(sought: Sought) -> list[Campaign]:
    """Return campaigns by a part of the name, or by ``#id``: those that are put away last."""
    rows = Campaign.objects.order_by(F("archived_at").asc(nulls_first=True), "-id")
    found = rows.filter(pk=sought.row) if sought.row is not None else rows.filter(name__icontains=sought.text)
    return list(found.select_related("account")[:MOST])
