"""Has whatever a face lets somebody do leave at least a plain entry: an act that is added tomorrow is not forgotten.

What records itself, with what changed and why, in its own transaction, is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model

from dialer.acts import Act
from dialer.audit.acting import current
from dialer.audit.recording import Subject, record, record_many, subject_of

#: So many objects of one act get an entry each; of more there is one that counts them.
MOST_APART = 100


def begin() -> None:
    """Say that an act begins: what was recorded before it in this request was another one."""
    if (under_way := current()) is not None:
        under_way.is_told = False


def is_due() -> bool:
    """Return whether the act that ends here has left no entry."""
    under_way = current()
    return under_way is not None and not under_way.is_told


def record_plainly(*, act: Act, what: str, model: type[Model], ids: Iterable[int | None], reason: str = "") -> None:
    """Write that an act was done to the rows of ``model`` with these ids; without any, to the kind as a whole."""
    wanted = list(ids)
    if not is_due():
        return
    label = model._meta.label_lower
    if not wanted or len(wanted) > MOST_APART or None in wanted:
        record(act=act.name, what=what, subject=Subject(of=label), rows=len(wanted) or None, reason=reason)
        return
    there = model._default_manager.in_bulk([one for one in wanted if one is not None])
    subjects = [
        subject_of(there[one]) if one in there else Subject(of=label, id=one) for one in wanted if one is not None
    ]
    record_many(act=act.name, what=what, subjects=subjects, reason=reason)


def in_words(name: str) -> str:
    """Return an act's name in the code as a person reads it: ``renew_secret`` as "Renew secret"."""
    return name.replace("-", "_").replace("_", " ").strip().capitalize()
