"""Notes on calls in the two ways of IVR Solutions: a label on a call's record, or a note by its SIP id.

Source: IVR Solutions public OpenAPI 3.0.3 document, "Update Call Remark" and "Add a note to a call". The first sets
what a record holds. The second adds, and nothing says that the same note twice is one; that the id which a reply or a
push gives a call is the ``sip_call_id`` is not documented either, so an account has to choose it.
"""

from __future__ import annotations

from collections.abc import Mapping

from dialer.ivrsolutions import notes, rows
from dialer.ivrsolutions.notes import CallType
from dialer.ivrsolutions.pushes import pairs
from dialer.providers import parsing
from dialer.providers.base import AccountConfig, Note, NoteWay, ProviderRequest

REMARK, NOTE = "remark", "note"
#: By the account's setting ``write_back``.
WAYS: Mapping[str, NoteWay] = {
    REMARK: NoteWay(by_record=True, needs_label=True, is_repeatable=True),
    NOTE: NoteWay(by_record=False, needs_label=False, is_repeatable=False),
}
# "Update Call Remark", call_type: incoming, outgoing, c2c, dialer; ids are unique only within one. Only outbound
# records are looked for.
CALL_TYPES: Mapping[str, CallType] = {
    rows.Category.CALL: "outgoing",
    rows.Category.CLICK_TO_CALL: "c2c",
    rows.Category.DIALER: "dialer",
}


def chosen_way(account: AccountConfig) -> str:
    """Return which of the ways the account has chosen, an empty text for none."""
    return str(account.settings.get("write_back") or "")


def build(*, account: AccountConfig, note: Note) -> ProviderRequest:
    """Return the request that writes a note. Raises ValueError for one that the account's way cannot write."""
    if chosen_way(account) == NOTE:
        said = ": ".join(filter(None, (note.disposition, note.text)))
        return notes.add_note(account, sip_call_id=note.call_key, note=said, status=note.label_id or None)
    category, _, record_id = note.call_key.partition(":")
    if category not in CALL_TYPES or not record_id:
        raise ValueError("the call has no record")
    if not note.label_id.isdecimal():
        raise ValueError("the label has no number")
    return notes.update_call_note(
        account,
        record_id=record_id,
        status_id=int(note.label_id),
        call_type=CALL_TYPES[category],
        remark=note.text or None,
    )


def named_labels(account: AccountConfig) -> dict[str, str]:
    """Return the ids of labels by our disposition, as the account's settings say it. Raises ValueError."""
    return {parsing.word(ours): theirs for ours, theirs in pairs(account.settings.get("disposition_labels"))}
