"""An upload: the csv module, phonenumbers on each row, bulk_create that passes over what is there.

``python -m tests.benchmarks.plain.uploading FILE`` prints how many seconds it took.
"""

from __future__ import annotations

import csv
import sys
import time
from itertools import islice
from pathlib import Path

BATCH = 5_000


def main(path: Path) -> None:
    """Import one file into list 1."""
    import django

    django.setup()
    import phonenumbers

    from tests.benchmarks.plain.models import Contact

    began = time.perf_counter()
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        while batch := list(islice(rows, BATCH)):
            contacts = []
            for row in batch:
                try:
                    number = phonenumbers.parse(row.pop("Mobile No"), "IN")
                except phonenumbers.NumberParseException:
                    continue
                if not phonenumbers.is_valid_number(number):
                    continue
                e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                contacts.append(Contact(list_id=1, number=e164, name=row.pop("Name"), variables=row))
            Contact.objects.bulk_create(contacts, ignore_conflicts=True)
    print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
