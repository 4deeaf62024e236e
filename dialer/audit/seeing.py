"""Which entries somebody may see: those on objects that he may see; who heard and exported, by right alone."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from dialer.acts import table
from dialer.acts.telephone import SEE_ACCESSES
from dialer.models import AuditEntry, EntryKind

#: Kinds of entries that tell of people rather than of campaigns.
OF_PEOPLE = (EntryKind.ACCESS, EntryKind.LOOK, EntryKind.LOGIN)


def visible(user: Any) -> QuerySet[AuditEntry]:
    """Return the entries that ``user`` may see. What he did himself he sees, whatever it was on."""
    rows = AuditEntry.objects.all()
    if user.is_superuser:
        return rows
    hidden = [
        name.removesuffix(".view") for name, act in table().items() if name.endswith(".view") and not act.may(user)
    ]
    # Everybody may see keys, his own ones.
    away = Q(subject__in=[*hidden, "dialer.apikey"])
    if not SEE_ACCESSES.may(user):
        away |= Q(kind__in=OF_PEOPLE)
    return rows.filter(Q(by=user.get_username()) | ~away)
