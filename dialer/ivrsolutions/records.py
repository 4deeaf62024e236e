"""What the replies of IVR Solutions hold, as values. Fields that a reply does not give are None; ``raw`` is as it came.

Source: the schemas and examples of the public OpenAPI 3.0.3 document. Where it documents a reply only as
``SuccessResponse`` ("varies by endpoint"), records are read by the names that its other replies use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dialer.ivrsolutions.formats import e164
from dialer.providers import parsing
from dialer.providers.questions import Rows

T = TypeVar("T")
Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A call that was taken. ``external_id`` is the reply's call_id or logid, None where it gives neither."""

    external_id: str | None = None
    scheduled_time: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A change that was made. ``data`` is what the reply says of it, if anything."""

    data: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A thing that was made, with its id."""

    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """How many numbers a dialer took, as its message says; None when the message does not say."""

    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A named thing of the account: call flow, voice bot, template, variable, region, customer list, status option."""

    id: str | None = None
    name: str | None = None
    status: str | None = None
    raw: Raw = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedDialer:
    """A campaign that the provider runs. Times of day are ``HH:MM`` on the account's clock."""

    id: int | None = None
    name: str | None = None
    did_no: str | None = None
    is_on: bool | None = None
    start_time: str | None = None
    end_time: str | None = None
    concurrent_calls: int | None = None
    total_numbers: int | None = None
    completed: int | None = None
    pending: int | None = None
    raw: Raw = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """An agent or extension of the account. ``raw`` can hold a login token: keep it out of logs."""

    agent_id: int | None = None
    ext_no: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    is_active: bool | None = None
    raw: Raw = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DidRecord:
    """A virtual number of the account. ``number`` is in E.164, None for what is no whole number."""

    number: str | None = None
    region: str | None = None
    kind: str | None = None
    is_active: bool | None = None
    raw: Raw = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersForSale:
    """Numbers that can be bought. ``cost`` is text in ``currency``, as the reply writes it."""

    numbers: tuple[str, ...] = ()
    cost: str | None = None
    currency: str | None = None


def whole(value: Any) -> int | None:
    """Return a whole number given as such or as text."""
    found = parsing.number(value)
    return int(found) if found is not None and found.is_integer() else None


class Unreadable(ValueError):
    """A reply says success, and holds no list that can be read: neither an empty one nor another."""


#: An object with one of these is a record itself, and no object of records.
_OWN = frozenset({"id", "name", "template_name", "title", "ext_no", "agent_id", "did_number", "did_no", "recordid"})


def rows(payload: Raw, *also: str) -> Rows[Raw]:
    """Return the records under ``data``, or under a key of ``also``. Raises Unreadable.

    The document shows lists as arrays in its examples and types ``data`` as an object elsewhere. So it is read as an
    array, one record, an object that holds the one array, or an object of records by their id.
    """
    inner = parsing.mapping(payload.get("data"))
    lists = (part.get(key) for part in (payload, inner) for key in ("data", *also))
    found = next((value for value in lists if isinstance(value, list)), None)
    if found is None:
        found = _of_object(inner)
    whole_rows = [row for row in found if isinstance(row, dict) and row]
    return Rows.of(whole_rows, unread=len(found) - len(whole_rows))


def _of_object(inner: Raw) -> list[Any]:
    if _OWN & inner.keys():
        return [inner]
    values = list(inner.values())
    arrays = [value for value in values if isinstance(value, list)]
    if len(arrays) == 1:
        return arrays[0]
    if values and all(isinstance(value, dict) for value in values):
        return [{"id": key, **value} for key, value in inner.items()]
    raise Unreadable("it says success and holds no list that can be read")


def placed(payload: Raw) -> Placed:
    """Read a call's reply: ``call_id`` (dial operations) or ``logid`` (click to call), also under ``data``."""
    parts = (payload, parsing.mapping(payload.get("data")))
    ids = (parsing.identifier(part.get(key)) for part in parts for key in ("call_id", "logid"))
    return Placed(
        external_id=next(filter(None, ids), None),
        scheduled_time=parsing.text(payload.get("scheduled_time")),
        time_zone=parsing.text(payload.get("timezone")),
    )


def done(payload: Raw) -> Done:
    """Read the reply to a change."""
    return Done(data=payload.get("data"))


def created(*keys: str) -> Callable[[Raw], Created]:
    """Return a reader of the id that the reply gives under the first of ``keys`` it has."""

    def read(payload: Raw) -> Created:
        parts = (payload, parsing.mapping(payload.get("data")))
        ids = (whole(part.get(key)) for part in parts for key in keys)
        return Created(id=next((found for found in ids if found is not None), None))

    return read


def added(payload: Raw) -> Added:
    """Read how many numbers were added: "3 numbers added…" is 3, "Number added…" is 1."""
    words = (parsing.text(payload.get("message")) or "").split()
    if not words:
        return Added()
    return Added(count=1 if words[0].lower() == "number" else whole(words[0]))


def every(
    read: Callable[[Raw], T], *also: str, is_one: Callable[[T], object] = lambda found: found
) -> Callable[[Raw], Rows[T]]:
    """Return a reader of a list of records, which raises Unreadable. What is not ``is_one`` counts as unread."""

    def read_all(payload: Raw) -> Rows[T]:
        found = rows(payload, *also)
        known = [one for one in map(read, found) if is_one(one)]
        return Rows.of(known, unread=found.unread + len(found) - len(known))

    return read_all


def items() -> Callable[[Raw], Rows[Item]]:
    """Return a reader of a list of named things."""
    return every(item, is_one=lambda found: found.id or found.name)


def item(row: Raw) -> Item:
    """Read a named thing."""
    names = (parsing.text(row.get(key)) for key in ("name", "template_name", "title"))
    return Item(
        id=parsing.identifier(row.get("id")),
        name=next(filter(None, names), None),
        status=parsing.text(row.get("status")),
        raw=row,
    )


def hosted_dialer(row: Raw) -> HostedDialer:
    """Read schema ``Dialer``."""
    return HostedDialer(
        id=whole(row.get("id")),
        name=parsing.text(row.get("name")),
        did_no=parsing.text(row.get("did_no")),
        is_on={"on": True, "off": False}.get(parsing.word(row.get("status"))),
        start_time=parsing.text(row.get("start_time")),
        end_time=parsing.text(row.get("end_time")),
        concurrent_calls=whole(row.get("no_of_calls")),
        total_numbers=whole(row.get("total_numbers")),
        completed=whole(row.get("completed")),
        pending=whole(row.get("pending")),
        raw=row,
    )


def agent(row: Raw) -> AgentRecord:
    """Read schema ``Agent``."""
    return AgentRecord(
        agent_id=whole(row.get("agent_id")),
        ext_no=parsing.text(row.get("ext_no")),
        name=parsing.text(row.get("name")),
        email=parsing.text(row.get("email")),
        phone=parsing.text(row.get("phone")),
        is_active=_active(row),
        raw=row,
    )


def one_agent(payload: Raw) -> AgentRecord:
    """Read the agent that was just made."""
    return agent(parsing.mapping(payload.get("data")))


def did(row: Raw) -> DidRecord:
    """Read schema ``DID``."""
    return DidRecord(
        number=e164(parsing.text(row.get("did_number")) or parsing.text(row.get("did_no"))),
        region=parsing.text(row.get("region")),
        kind=parsing.text(row.get("type")),
        is_active=_active(row),
        raw=row,
    )


def numbers_for_sale(payload: Raw) -> NumbersForSale:
    """Read a list of numbers with its price."""
    found = payload.get("data")
    numbers = map(parsing.text, found) if isinstance(found, list) else ()
    return NumbersForSale(
        numbers=tuple(filter(None, numbers)),
        cost=parsing.text(payload.get("cost")),
        currency=parsing.text(payload.get("currency")),
    )


def data(payload: Raw) -> Raw:
    """Read the ``data`` object of a reply that the document does not describe further."""
    return parsing.mapping(payload.get("data"))


def _active(row: Raw) -> bool | None:
    return {"active": True, "inactive": False}.get(parsing.word(row.get("status")))
