"""A home, and how it differs from another one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where a database is. Empty texts: the server does not tell (us). Addresses: any of them is home."""

    database_oid: int
    table_oid: int
    database: str
    system_identifier: str = ""
    data_folder: str = ""
    # When the data folder's files came to be where they are, and the history of the server's log that they belong to.
    files_at: str = ""
    timeline: str = ""
    addresses: tuple[str, ...] = ()
    public_urls: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**asdict(self), "addresses": list(self.addresses), "public_urls": list(self.public_urls)}

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> Home:
        """Return a stored home."""
        values = dict(stored)
        return Home(**{**values, "addresses": tuple(values["addresses"]), "public_urls": tuple(values["public_urls"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is not as it was confirmed, in words for people."""

    what: str
    was: str
    now: str

    def as_json(self) -> dict[str, str]:
        """Return it as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.what}: {self.was} → {self.now}"


def differences(*, home: Home, found: Home) -> list[Difference]:
    """Return how the place that was found differs from the home.

    A standby that was promoted goes on in a new timeline of its own files: that is the home, moved by fail-over. Files
    that were put in place anew and go on in the old timeline are a copy, or came out of a backup.
    """
    told = [
        ("PostgreSQL's system identifier", home.system_identifier, found.system_identifier),
        ("data folder", home.data_folder, found.data_folder),
    ]
    if home.timeline == found.timeline:
        told.append(("files of the data folder, put there at", home.files_at, found.files_at))
    all_found = [Difference(what=what, was=was, now=now) for what, was, now in told if was and now and was != now]
    if home.database_oid != found.database_oid:
        all_found.append(_oids("database", home.database, home.database_oid, found.database, found.database_oid))
    if home.table_oid != found.table_oid:
        all_found.append(_oids("tables, as after a restored dump", "oid", home.table_oid, "oid", found.table_oid))
    all_found += _elsewhere("address in DATABASE_URL", home.addresses, found.addresses)
    all_found += _elsewhere("PUBLIC_BASE_URL", home.public_urls, found.public_urls)
    return all_found


def is_same_server(home: Home, found: Home) -> bool:
    """Return whether both are the same tables of the same database, whatever the addresses."""
    return not differences(home=replace(home, addresses=(), public_urls=()), found=found)


def joined(home: Home, found: Home) -> Home:
    """Return what is home once ``found`` is confirmed: the same server may be reached by several addresses."""
    if not is_same_server(home, found):
        return found
    return replace(
        found,
        addresses=_union(home.addresses, found.addresses),
        public_urls=_union(home.public_urls, found.public_urls),
    )


def _union(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *second]))


def _oids(what: str, was: str, was_oid: int, now: str, now_oid: int) -> Difference:
    return Difference(what=what, was=f"{was} {was_oid}", now=f"{now} {now_oid}")


def _elsewhere(what: str, known: tuple[str, ...], found: tuple[str, ...]) -> list[Difference]:
    if not known or set(found) <= set(known):
        return []
    return [Difference(what=what, was=", ".join(known), now=", ".join(found))]
