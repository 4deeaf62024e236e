"""Erases a person's contacts, leads and calls in one transaction, so that nobody calls in between.

Rows stay, without what says who it was: how many were called, on which DID and with what end stays true. A number
that must not be called stays suppressed, in clear: a hash of ten digits hides nothing and bars nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from campaigns.erasure.person import ERASED, Person, find
from campaigns.models import ContactList, Lead, SuppressedNumber, SuppressionList
from campaigns.states import leads as lead_states
from campaigns.suppression import suppress

#: Contacts who were erased are kept in this list, which no campaign has; numbers that stay barred in this one.
LIST = "Erased persons (without data)"
NEVER = "Erased persons"
REASON = "Erased; kept so that nobody calls"


class Refused(Exception):
    """The person cannot be erased now; the message says why and what to do."""


def erase_own(*, numbers: list[str], never_call: bool, now: datetime) -> tuple[Person, dict[str, int]]:
    """Erase what this app has by the person's numbers and ids.

    Return whom, and how many rows by table. Raises Refused.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        person = find(cursor, numbers=numbers)
        _lock(cursor, person)
        refuse_live(cursor, person)
        _keep_barred(cursor, person, never_call=never_call, now=now)
        for lead_id in (
            Lead.objects.filter(pk__in=person.lead_ids, state="PENDING").order_by("pk").values_list("pk", flat=True)
        ):
            lead_states.cancel(cursor, lead_id=lead_id, reason="Erased", now=now)
        return person, {table: erase(cursor, person) for table, erase in _TABLES.items()}


def _lock(cursor: Any, person: Person) -> None:
    """Lock attempts, then leads, each in the order of ids, as all do."""
    for table, ids in (("campaigns_attempt", person.attempt_ids), ("campaigns_lead", person.lead_ids)):
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(ids)])  # noqa: S608


def refuse_live(cursor: Any, person: Person) -> None:
    """Raise Refused while a call of the person, or a note on one, is under way."""
    cursor.execute(
        "SELECT id FROM campaigns_attempt WHERE (id = ANY(%s) OR number = ANY(%s)) AND ended_at IS NULL LIMIT 1",
        [list(person.attempt_ids), person.numbers],
    )
    if found := cursor.fetchone():
        raise Refused(f"Call #{found[0]} is under way: stop its campaign, or wait for its end, and ask again.")
    cursor.execute(
        "SELECT attempt_id FROM campaigns_callnote WHERE attempt_id = ANY(%s) AND state = 'SENDING' LIMIT 1",
        [list(person.attempt_ids)],
    )
    if found := cursor.fetchone():
        raise Refused(f"A note on call #{found[0]} is being written to its provider: ask again in a minute.")


def _keep_barred(cursor: Any, person: Person, *, never_call: bool, now: datetime) -> None:
    """Suppress for ever where it is asked for, or where nobody has decided on a possible opt-out, which goes now."""
    cursor.execute(
        """UPDATE campaigns_possibleoptout SET decision = 'OPT_OUT', decided_at = %s, decided_by = 'erasure'
            WHERE (number = ANY(%s) OR attempt_id = ANY(%s)) AND decided_at IS NULL""",
        [now, person.numbers, list(person.attempt_ids)],
    )
    if never_call or cursor.rowcount:
        barred, _ = SuppressionList.objects.get_or_create(name=NEVER, defaults={"applies_to_all": True})
        suppress(numbers=person.numbers[:1], suppression_list=barred, reason=REASON, now=now)
    SuppressedNumber.objects.filter(number__in=person.numbers).update(reason=REASON)


def _contacts(cursor: Any, person: Person) -> int:
    home, _ = ContactList.objects.get_or_create(name=LIST)
    cursor.execute(
        """UPDATE campaigns_contact
              SET number = %s || substr(md5(random()::text || id), 1, 9), name = '', external_reference = '',
                  variables = '{}', further_numbers = '[]', time_zone = '', contact_import_id = NULL,
                  contact_list_id = %s
            WHERE id = ANY(%s)""",
        [ERASED, home.pk, list(person.contact_ids)],
    )
    return int(cursor.rowcount)


#: Of a number that is erased its label, of any other itself.
_LABEL = "COALESCE((%s::jsonb) ->> number, number)"


def _labels(person: Person) -> list[Any]:
    return [orjson.dumps(dict(person.labels)).decode()]


def _by_ids(statement: str, ids: Callable[[Person], Sequence[int]]) -> Callable[[Any, Person], int]:
    """Return what erases rows by ids, or by the number alone."""

    def erase(cursor: Any, person: Person) -> int:
        cursor.execute(statement, [*_labels(person), list(ids(person)), person.numbers])
        return int(cursor.rowcount)

    return erase


def _of_attempts(person: Person) -> Sequence[int]:
    return person.attempt_ids


def _of_leads(person: Person) -> Sequence[int]:
    return person.lead_ids


def _calls_back(cursor: Any, person: Person) -> int:
    cursor.execute(
        "UPDATE campaigns_callback SET note = '', set_by = 'erased' WHERE lead_id = ANY(%s)", [list(person.lead_ids)]
    )
    return int(cursor.rowcount)


def _notes(cursor: Any, person: Person) -> int:
    cursor.execute(
        """UPDATE campaigns_callnote
              SET text = 'erased', disposition = '', label_id = '', call_key = '', reason = '', idempotency_key = NULL,
                  state = CASE WHEN state = 'WAITING' THEN 'KEPT' ELSE state END, next_try_at = NULL
            WHERE attempt_id = ANY(%s)""",
        [list(person.attempt_ids)],
    )
    return int(cursor.rowcount)


def _audited(cursor: Any, person: Person) -> int:
    """Leave of the audit who did what to them and when; what was written there of the person goes."""
    cursor.execute(
        """UPDATE dialer_auditentry SET subject_name = 'erased', changes = '{}', reason = '', details = '{}'
            WHERE (subject = 'campaigns.contact' AND subject_id = ANY(%s))
               OR (subject = 'campaigns.lead' AND subject_id = ANY(%s))
               OR (subject = 'campaigns.attempt' AND subject_id = ANY(%s))""",
        [list(person.contact_ids), list(person.lead_ids), list(person.attempt_ids)],
    )
    return int(cursor.rowcount)


# The state of none is written here: those that wait were canceled by campaigns.states.
_TABLES: dict[str, Callable[[Any, Person], int]] = {
    "campaigns_contact": _contacts,
    "campaigns_attempt": _by_ids(
        # Without its ids at the provider, no report that comes late finds the call and fills it again.
        f"""UPDATE campaigns_attempt
               SET number = {_LABEL}, reference = gen_random_uuid(), external_id = NULL, detail = '', disagreement = '',
                   grounds = NULL, disconnected_by = '', recording_url = '', digits = '', transcript = NULL,
                   analysis = NULL
             WHERE id = ANY(%s) OR number = ANY(%s)""",  # noqa: S608
        _of_attempts,
    ),
    "campaigns_lead": _by_ids(
        f"""UPDATE campaigns_lead
               SET number = {_LABEL}, variables = NULL, idempotency_key = NULL, other_number = NULL, state_reason = ''
             WHERE id = ANY(%s) OR number = ANY(%s)""",  # noqa: S608
        _of_leads,
    ),
    "campaigns_skip": _by_ids(
        f"UPDATE campaigns_skip SET number = {_LABEL} WHERE lead_id = ANY(%s) OR number = ANY(%s)",  # noqa: S608
        _of_leads,
    ),
    "campaigns_optout": _by_ids(
        f"""UPDATE campaigns_optout SET number = {_LABEL}, words = 'erased'
             WHERE attempt_id = ANY(%s) OR number = ANY(%s)""",  # noqa: S608
        _of_attempts,
    ),
    "campaigns_possibleoptout": _by_ids(
        f"""UPDATE campaigns_possibleoptout SET number = {_LABEL}, said = 'erased ' || id, words = ''
             WHERE attempt_id = ANY(%s) OR number = ANY(%s)""",  # noqa: S608
        _of_attempts,
    ),
    "campaigns_callnote": _notes,
    "campaigns_callback": _calls_back,
    "dialer_auditentry": _audited,
}
