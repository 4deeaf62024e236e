"""Measures uploads: rows a second and peak memory, beside bare COPY of the same rows in the same run.

    python -m tests.benchmarks.uploading [ROWS]

Runs on DATABASE_URL, or on an embedded server in a temporary folder. The list and its contacts are removed at the end.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

BAD_SHARE = 0.03
BAD = ("n/a", "", "12345", "9.19877E+11", "98765432109876543210")
SPELLINGS = ("{0}", "{0}", "{0}", "+91{0}", "+91 {0}", "0{0}", "91{0}", "{0}.0")


def messy_lines(*, rows: int, seed: int = 1) -> Iterator[bytes]:
    """Give a CSV with 5 variables, 3 % bad rows and 2 % duplicates, in pieces."""
    rng = random.Random(seed)
    yield b"\xef\xbb\xbfName,Mobile No,Amount Due,Due Date,City,Product,Agent\r\n"
    held: list[str] = []
    for place in range(rows):
        national = str(7000000000 + (place if rng.random() > 0.02 else rng.randrange(place + 1)) * 1663 % 999999937)
        phone = rng.choice(BAD) if rng.random() < BAD_SHARE else rng.choice(SPELLINGS).format(national)
        held.append(
            f'"Kumar, Asha {place}",{phone},{place % 90000}.50,2026-12-{place % 28 + 1:02},Pune,EMI,A{place % 50}\r\n'
        )
        if len(held) == 10_000:
            yield "".join(held).encode()
            held.clear()
    yield "".join(held).encode()


def copied_bare(*, rows: int) -> float:
    """Return the seconds that COPY of as many good rows into a table without indexes takes: the limit."""
    from django.db import connection, transaction

    lines = "".join(f"+91{7000000000 + n}\tKumar\t{{}}\n" for n in range(10_000)).encode()
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare (number text, name text, variables text) ON COMMIT DROP")
        with cursor.copy("COPY bare FROM STDIN") as copy:
            for _ in range(rows // 10_000):
                copy.write(lines)
    return time.perf_counter() - began


def measure(*, rows: int) -> None:
    """Upload, print the figures, and remove the list."""
    from campaigns.importing import create_import, run_import
    from campaigns.models import Contact, ContactList

    bare_seconds = copied_bare(rows=rows)
    contact_list = ContactList.objects.create(name=f"benchmark {time.time_ns()}", default_region="IN")
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    try:
        began = time.perf_counter()
        found, _ = create_import(
            contact_list=contact_list, stream=messy_lines(rows=rows), file_name="messy.csv", idempotency_key=None
        )
        stored_seconds = time.perf_counter() - began
        began, cpu_began = time.perf_counter(), time.process_time()
        found = run_import(import_id=found.pk)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        contacts = Contact.objects.filter(contact_list=contact_list).count()
        print(
            f"{found.state}: {found.rows_total} rows = {found.rows_accepted} accepted + {found.rows_duplicate} double"
        )
        print(f"  + {found.rows_refused} refused; {contacts} contacts {found.problem}")
        print(f"storing the file (made up meanwhile)  {stored_seconds:7.1f} s")
        print(f"importing it                          {seconds:7.1f} s  {rows / seconds:10,.0f} rows/s")
        load = os.getloadavg()[0]
        print(f"  of it our own CPU                   {cpu_seconds:7.1f} s  (load of the machine {load:.1f})")
        print(f"bare COPY                             {bare_seconds:7.1f} s  {rows / bare_seconds:10,.0f} rows/s")
        print(f"importing / bare COPY                 {seconds / bare_seconds:7.1f} times")
        print(f"peak memory                           {peak_mb:7.0f} MB (before the upload {before_mb:.0f} MB)")
    finally:
        contact_list.imports.all().delete()
        Contact.objects.filter(contact_list=contact_list)._raw_delete("default")
        contact_list.delete()


def main() -> None:
    """Bring up what is missing, and measure."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dialer.settings")
    with contextlib.ExitStack() as running:
        if not os.environ.get("DATABASE_URL"):
            from dialer.embedded.environment import embedded_environment

            folder = running.enter_context(tempfile.TemporaryDirectory(prefix="uploading-"))
            running.enter_context(embedded_environment(data_dir=Path(folder)))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        measure(rows=rows)


if __name__ == "__main__":
    main()
