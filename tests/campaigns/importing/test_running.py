"""An import happens once and whole, whatever dies, and its sums agree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.idempotency import KeyReused
from campaigns.importing import create_import, import_rows, refusal_report, run_import, run_waiting_imports
from campaigns.models import ImportChunk, ImportState
from dialer.accesses import Reader
from dialer.advisory_locks import AdvisoryLock, take
from tests.campaigns.importing.uploads import codes, new_list, upload

CELLS = st.one_of(
    st.integers(9876500000, 9876500009).map(str),
    st.sampled_from(["", "n/a", "9.19877E+11", "+91 98765 00001", "0098", "'9876500002", "=1+1"]),
    st.text(max_size=6),
)


@pytest.mark.django_db(transaction=True)
class TestSums:
    @settings(max_examples=40)
    @given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=25), st.sampled_from(["skip", "update"]))
    def test_every_object_is_a_contact_or_reported(self, rows: list[list[str]], if_duplicate: str) -> None:
        keys = ("phone", "name", "city", "note")
        found, _ = import_rows(
            contact_list=new_list(),
            rows=[dict(zip(keys, row, strict=False)) for row in rows],
            if_duplicate=if_duplicate,
        )
        assert found.rows_total == len(rows)
        assert found.rows_total == found.rows_accepted + found.rows_duplicate + found.rows_refused
        assert found.contacts.count() == found.rows_accepted
        reported = list(found.refusals.values_list("row_number", flat=True))
        assert len(reported) == len(set(reported)) == found.rows_duplicate + found.rows_refused
        assert set(reported) <= set(range(1, len(rows) + 1))

    def test_the_first_row_of_a_number_wins_and_the_list_is_looked_at_too(self) -> None:
        contact_list = new_list()
        upload("phone,name\n9876543210,First\n", to=contact_list)
        found = upload("phone,name\n09876543210,Late\n9876543211,A\n98765 43211,B\n", to=contact_list)
        assert codes(found) == {2: "DUPLICATE_IN_LIST", 4: "DUPLICATE_IN_FILE"}
        assert set(contact_list.contacts.values_list("name", flat=True)) == {"First", "A"}

    def test_a_number_of_an_earlier_chunk_is_a_duplicate_in_the_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("campaigns.importing.running.CHUNK_ROWS", 1)
        for if_duplicate in ("skip", "update"):
            found = upload("phone,name\n9876543210,A\n9876543210,B\n", if_duplicate=if_duplicate)
            assert codes(found) == {3: "DUPLICATE_IN_FILE"}
            assert found.contacts.get().name == "A"

    def test_updating_replaces_what_the_file_has_and_keeps_the_rest(self) -> None:
        contact_list = new_list()
        upload("phone,name,city\n9876543210,Asha,Pune\n", to=contact_list)
        found = upload("phone,amount\n9876543210,5\n9876543211,6\n", to=contact_list, if_duplicate="update")
        assert (found.rows_accepted, found.rows_updated, found.rows_duplicate) == (2, 1, 0)
        contact = contact_list.contacts.get(number="+919876543210")
        assert (contact.name, contact.variables) == ("Asha", {"city": "Pune", "amount": "5"})

    def test_objects_keep_their_types_and_one_without_a_phone_is_refused(self) -> None:
        rows: list[dict[str, Any]] = [
            {"phone": 919876543210, "variables": {"amount": 5, "vip": True}},
            {"name": "x"},
            {"phone": "a\0\ud800"},
        ]
        found, _ = import_rows(contact_list=new_list(), rows=rows)
        assert found.contacts.get().variables == {"amount": 5, "vip": True}
        assert codes(found) == {2: "NO_PHONE_COLUMN", 3: "NOT_A_NUMBER"}


@pytest.mark.django_db(transaction=True)
class TestOnce:
    def test_a_key_that_was_used_returns_the_earlier_import(self) -> None:
        contact_list = new_list()
        first = upload("phone\n9876543210\n", to=contact_list, idempotency_key="k")
        again, is_new = create_import(
            contact_list=contact_list, stream=[b"phone\n9876543210\n"], file_name="b.csv", idempotency_key="k"
        )
        assert (again.pk, is_new) == (first.pk, False)
        with pytest.raises(KeyReused):
            create_import(contact_list=contact_list, stream=[b"other"], file_name="b.csv", idempotency_key="k")

    def test_objects_with_a_key_that_was_used_return_the_earlier_import(self) -> None:
        contact_list = new_list()
        rows = [{"phone": "9876543210"}]
        first, _ = import_rows(contact_list=contact_list, rows=rows, idempotency_key="k")
        assert import_rows(contact_list=contact_list, rows=rows, idempotency_key="k") == (first, False)
        with pytest.raises(KeyReused):
            import_rows(contact_list=contact_list, rows=[{"phone": "1"}], idempotency_key="k")

    def test_running_again_changes_nothing_and_the_stored_file_is_gone(self) -> None:
        found = upload("phone\n9876543210\n")
        ended_at = found.ended_at
        assert run_import(import_id=found.pk).ended_at == ended_at
        assert not ImportChunk.objects.filter(contact_import=found).exists()

    def test_an_import_waits_while_another_worker_has_its_list(self) -> None:
        contact_list = new_list()
        found, _ = create_import(
            contact_list=contact_list, stream=[b"phone\n9876543210\n"], file_name="a.csv", idempotency_key=None
        )
        other = connection.copy()
        try:
            with transaction.atomic():
                other.set_autocommit(False)
                with other.cursor() as cursor:
                    take(cursor, AdvisoryLock.IMPORT, which=contact_list.pk)
                assert run_import(import_id=found.pk).state == ImportState.QUEUED
            other.rollback()
        finally:
            other.close()
        assert run_import(import_id=found.pk).state == ImportState.DONE

    def test_a_file_that_ends_its_worker_each_time_is_given_up(self) -> None:
        found, _ = create_import(
            contact_list=new_list(), stream=[b"phone\n9876543210\n"], file_name="a.csv", idempotency_key=None
        )
        type(found).objects.filter(pk=found.pk).update(state=ImportState.RUNNING, times_started=5)
        ended = run_import(import_id=found.pk)
        assert ended.state == ImportState.FAILED
        assert "Given up" in ended.problem


RUN = "import django; django.setup(); from campaigns.importing import run_import; run_import(import_id={})"


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_leaves_nothing_and_another_one_gives_the_whole() -> None:
    rows = 60_000
    lines = ["phone,name,city"] + [f"{9000000000 + n},Name {n},Pune" for n in range(rows)]
    found, _ = create_import(
        contact_list=new_list(), stream=["\n".join(lines).encode()], file_name="a.csv", idempotency_key=None
    )
    name = str(connection.settings_dict["NAME"])
    given = os.environ["DATABASE_URL"]
    base, _, query = given.partition("?")
    url = base.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
    worker = subprocess.Popen([sys.executable, "-c", RUN.format(found.pk)], env={**os.environ, "DATABASE_URL": url})
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found.refresh_from_db()
        if found.rows_read or worker.poll() is not None:
            break
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait(timeout=60)
    found.refresh_from_db()
    assert found.state == ImportState.RUNNING, "The worker ended before it could be killed: give it more rows."
    assert found.rows_read > 0
    deadline = time.monotonic() + 60
    while found.state == ImportState.RUNNING and time.monotonic() < deadline:
        assert found.contact_list.contacts.count() in (0, rows)
        run_waiting_imports()
        found.refresh_from_db()
    assert (found.state, found.rows_accepted, found.times_started) == (ImportState.DONE, rows, 2)
    assert found.contact_list.contacts.count() == rows


@pytest.mark.django_db(transaction=True)
class TestRoundTrip:
    @settings(max_examples=12, deadline=None)
    @given(st.lists(st.text("=+-@＝'\"; ,|1aé", max_size=8), min_size=1, max_size=5))
    def test_a_report_that_was_mended_gives_the_contacts_of_the_file(self, notes: list[str]) -> None:
        notes = [note.strip() for note in notes]
        contact_list = new_list()
        rows = [{"phone": f"bad {place}", "note": note} for place, note in enumerate(notes)]
        refused, _ = import_rows(contact_list=contact_list, rows=rows)
        text = "".join(refusal_report(refused, reader=Reader(by="tester", face="COMMAND"), now=timezone.now()))
        for place in range(len(notes)):
            text = text.replace(f"bad {place}", f"987650000{place}")
        mended = upload(text, to=contact_list)
        assert mended.rows_accepted == len(notes), mended.problem
        kept = mended.contacts.order_by("number").values_list("variables", flat=True)
        assert list(kept) == [{"note": note} for note in notes]
        assert mended.columns == ["phone", "note"]

    def test_what_was_read_is_kept_and_how_it_was_to_be_read_is_part_of_the_key(self) -> None:
        contact_list = new_list()
        content = "phone;name\n9876543210;Анна\n9876543211;Пётр\n".encode("cp1251")
        found = upload(content, to=contact_list, idempotency_key="k", encoding="windows-1251")
        assert (found.read_as["encoding"], found.read_as["delimiter"], found.read_as["lines"]) == ("cp1251", ";", 3)
        with pytest.raises(KeyReused):
            upload(content, to=contact_list, idempotency_key="k", encoding="koi8-r")
