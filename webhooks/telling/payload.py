"""What a subscriber is told: an entry of the feed as GET /results/ shows it, with the event's id, or by its key map."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from dialer.json_limits import dumped
from webhooks.rules.key_maps import filled
from webhooks.telling.entries import Shown

#: The same deliveries, sent together again, are the same request.
_BATCHES = uuid.UUID("9d1c4a55-30ab-4b07-a9a8-5a1f3e6c7d21")
_NOTHING: dict[str, Any] = dict.fromkeys(("attempt", "lead", "notice"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One delivery, ready to be sent. ``order``: those of the same are sent one after the other."""

    delivery_id: int
    tries: int
    event_id: str
    order: str
    body: bytes


def body_of(shown: Shown | None, *, event_id: str, key_map: Mapping[str, Any] | None, at: datetime) -> bytes:
    """Return what is sent of an entry; of None, which is a test, ``at`` is its instant."""
    if key_map:
        return dumped(filled(key_map, _values(shown, event_id, at)))
    if shown is None:
        nothing = {"event_id": event_id, "id": None, "kind": "TEST", "created_at": at}
        return orjson.dumps({**nothing, **_NOTHING})
    # The entry is in JSON already, for all whom it is told: the event's id goes before.
    return b'{"event_id":"%s",%s' % (event_id.encode(), shown.json[1:])


def parcel(told: Sequence[Told], *, is_batch: bool) -> tuple[str, bytes]:
    """Return the event id and the body of one request that tells of these."""
    if not is_batch:
        (one,) = told
        return one.event_id, one.body
    together = uuid.uuid5(_BATCHES, ",".join(one.event_id for one in told))
    return str(together), b'{"events":[%s]}' % b",".join(one.body for one in told)


def _values(shown: Shown | None, event_id: str, at: datetime) -> dict[str, Any]:
    if shown is None:
        return {"event": {"event_id": event_id, "id": None, "kind": "TEST", "created_at": at}}
    entry = shown.entry
    call = entry["attempt"] or {}
    event = {"event_id": event_id, **{name: entry[name] for name in ("id", "kind", "created_at")}}
    return {
        "event": event,
        "call": call,
        "result": call,
        "analysis": call.get("analysis"),
        "lead": entry["lead"],
        "notice": entry["notice"],
        "campaign": shown.campaign,
        "crm": shown.crm,
    }
