"""A messy list of contacts, as customers send them, with the exact result of importing it: for trials and demos."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence

FEWEST_ROWS = 300
_HEADER = ("Customer Name", "Mobile No.", "Amount Due", "Due Date", "City", "Account ID")
_FIRST = ("Asha", "Ravi", "Meera", "Imran", "Sunita", "Joseph", "Kavya", "Arjun", "Fatima", "José", "प्रिया", "Li")
_LAST = ("Kumar", "Sharma", "Patel", "Reddy", "D'Souza", "Khan", "Iyer", "Singh", "Das", "Nair")
_CITIES = ("Pune", "Delhi", "Bengaluru", "Chennai, Tamil Nadu", "Kochi", "Jaipur")
# Spellings of one national number of ten digits.
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda n: n,
    lambda n: "+91" + n,
    lambda n: f"+91 {n[:5]} {n[5:]}",
    lambda n: f"0{n}",
    lambda n: f"{n[:5]}-{n[5:]}",
    lambda n: f"(+91) {n[:5]}.{n[5:]}",
    lambda n: f"0091{n}",
    lambda n: f"91{n}",
    lambda n: f"{n}.0",
    lambda n: f"'{n}",
    lambda n: f"{n[:5]}\u00a0{n[5:]}",
    lambda n: f"{n[0]}.{n[1:]}E+9",
)
_REFUSED = ("", "n/a", "98765", "9.19877E+11", "987654321098765432", "call office", "+999 12345678", "{0} / {0}1")


def messy_csv(
    *, rows: int = FEWEST_ROWS, seed: int = 1, endings: Sequence[str] = (), endings_share: float = 0.0
) -> tuple[bytes, dict[str, int]]:
    """Return a CSV and its counts when imported into an empty list of region IN: total, accepted, duplicate, refused.

    The same arguments give the same bytes. Numbers are +91 70000 00016 and on: made up, of one block. Their last two
    digits are from 24 to 99, but for ``endings_share`` of the accepted, which end in one of ``endings`` (two digits).
    Raises ValueError for fewer than 300 rows or a wrong ending.
    """
    if rows < FEWEST_ROWS or rows > 1_000_000:
        raise ValueError(f"rows must be from {FEWEST_ROWS} to 1000000, not {rows}")
    if any(len(ending) != 2 or not ending.isdecimal() for ending in endings) or (endings_share and not endings):
        raise ValueError("endings must be of two digits each, and there must be some when they are to have a share")
    rng = random.Random(seed)  # noqa: S311 (no secret)
    refused, duplicate = rows // 25, rows // 33
    kinds = ["refused"] * refused + ["duplicate"] * duplicate + ["accepted"] * (rows - refused - duplicate)
    rng.shuffle(kinds)
    first_accepted = kinds.index("accepted")
    kinds[0], kinds[first_accepted] = kinds[first_accepted], kinds[0]  # a duplicate needs one before it
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADER)
    accepted: list[str] = []
    for place, kind in enumerate(kinds):
        writer.writerow(_row(rng, place, _phone(rng, kind, accepted, endings, endings_share)))
        if place % 50 == 49:
            text.write(rng.choice(("\r\n", ",,,,,\r\n")))
    counts = {"total": rows, "accepted": len(accepted), "duplicate": duplicate, "refused": refused}
    return text.getvalue().encode("utf-8-sig"), counts


def _phone(rng: random.Random, kind: str, accepted: list[str], endings: Sequence[str], share: float) -> str:
    if kind == "refused":
        return rng.choice(_REFUSED).format("9876500000")
    if kind == "duplicate":
        return rng.choice(_SPELLINGS)(rng.choice(accepted))
    ending = rng.choice(endings) if endings and rng.random() < share else str(rng.randint(24, 99))
    accepted.append(f"70{len(accepted):06}{ending}")
    return rng.choice(_SPELLINGS)(accepted[-1])


def _row(rng: random.Random, place: int, phone: str) -> list[str]:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    name = f"{last}, {first}" if rng.random() < 0.3 else f'{first} "{last[0]}" {last}' if place % 40 == 7 else first
    due = f"2027-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return [name, phone, f"{rng.randint(500, 90_000)}.{rng.randint(0, 99):02}", due, rng.choice(_CITIES), f"AC{place}"]
