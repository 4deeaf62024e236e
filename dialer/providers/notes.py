"""Notes on calls that are written back to a provider: the words of the contract."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteWay:
    """How an account takes notes on calls.

    ``by_record``: a note names the call by its record in the provider's log, else by the id that the provider gave the
    call. ``needs_label``: it is a label of the account's list, with a text beside it. ``is_repeatable``: the same note
    again changes nothing there, so one whose answer was lost may be sent again.
    """

    by_record: bool
    needs_label: bool
    is_repeatable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on a call. ``call_key``: the ``dedupe_key`` of its log row, or its external id, as the way asks.

    ``label_id`` is the provider's id of the disposition, empty for none.
    """

    call_key: str
    disposition: str = ""
    label_id: str = ""
    text: str = ""
