"""A reply in pieces ends when its reader leaves: no thread goes on for nobody, and no file is said to be whole."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.acts import EXPORT_CONTACTS
from campaigns.models import Contact, ContactList
from dialer.models import AuditEntry
from dialer.serving import leaving
from dialer.serving.leaving import joined
from tests.dialer.serving.readers import Front, Reader, key, run

__all__ = ["key"]
ROWS = 5_000


class Leaving(Reader):
    """Somebody who takes so many pieces of a file, and then leaves, or takes nothing more."""

    def __init__(self, *args: Any, takes: int, leaves: bool, **kwargs: Any) -> None:
        self.pieces, self._takes, self._leaves = 0, takes, leaves
        super().__init__(*args, **kwargs)

    async def _send(self, message: dict[str, Any]) -> None:
        await super()._send(message)
        self.pieces += message["type"] == "http.response.body"
        if self.pieces >= self._takes:
            if self._leaves:
                self.leave()
                await asyncio.sleep(0.05)
            else:
                await asyncio.sleep(30)


def note_of(number: int) -> str:
    """Return a text that a workbook cannot pack to a few pieces."""
    return hashlib.shake_256(number.to_bytes(4)).hexdigest(200)


@pytest.fixture
def query() -> str:
    listed = ContactList.objects.create(name="Long", default_region="IN")
    Contact.objects.bulk_create(
        Contact(contact_list=listed, number=f"+9198{number:08}", variables={"note": note_of(number)})
        for number in range(ROWS)
    )
    return f"what=contacts&contact_list={listed.pk}"


def exported() -> AuditEntry:
    return AuditEntry.objects.get(act=EXPORT_CONTACTS.name)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "takes nothing more"])
def test_an_export_whose_reader_is_gone_ends_and_is_not_whole(
    key: str, query: str, form: str, leaves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "PIECE_BYTES", 4 * 1024)  # a workbook is small
    monkeypatch.setattr(leaving, "REPLY_SECONDS", 0.3)

    async def test(front: Front) -> None:
        path = "/api/v1/export/"
        reader = Leaving(front, key, path=path, query=f"{query}&form={form}", takes=2, leaves=leaves)
        await asyncio.wait_for(reader.task, 20)
        assert reader.status == 200
        # The thread is free.
        others = [Reader(front, key, path="/api/v1/lists/", query="") for _ in range(4)]
        for other in others:
            assert len((await other.answer())["results"]) == 1

    run(test)
    made = exported()
    assert made.details["is_whole"] is False
    assert made.rows is not None
    assert made.rows < ROWS


@pytest.mark.django_db(transaction=True)
def test_a_file_leaves_in_few_pieces_and_is_whole(key: str, query: str) -> None:
    found: list[Leaving] = []

    async def test(front: Front) -> None:
        reader = Leaving(front, key, path="/api/v1/export/", query=query, takes=10_000, leaves=True)
        await asyncio.wait_for(reader.task, 20)
        found.append(reader)

    run(test)
    made = exported()
    assert (made.rows, made.details["is_whole"]) == (ROWS, True)
    assert made.details["bytes"] == len(found[0].body)
    assert found[0].pieces <= len(found[0].body) / leaving.PIECE_BYTES + 3


@pytest.mark.django_db(transaction=True)
def test_head_reads_no_row_of_a_file(key: str, query: str) -> None:
    async def test(front: Front) -> None:
        reader = Reader(front, key, path="/api/v1/export/", query=query, method="HEAD")
        await asyncio.wait_for(reader.task, 20)
        assert (reader.status, reader.body) == (200, b"")
        assert "dialer-export" in reader.headers

    run(test)
    assert exported().rows is None


@given(st.lists(st.integers(0, 200_000), max_size=12))
def test_pieces_are_joined_and_nothing_is_lost(sizes: list[int]) -> None:
    pieces = [bytes([number % 251]) * size for number, size in enumerate(sizes)]
    given_back = list(joined(pieces))
    assert b"".join(given_back) == b"".join(pieces)
    assert all(len(one) >= leaving.PIECE_BYTES for one in given_back[1:-1])
