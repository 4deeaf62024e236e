"""Runs the tests at another moment: `make elsewhen AT="2027-01-01T00:05+05:30"`, with ARGS for pytest.

With `ARGS=--midnights` each test begins just before a midnight, of UTC and of India in turn, each later than the last:
a run goes through years. It takes one worker then, as all that the tests start has one clock: PostgreSQL, Valkey, the
sandbox carrier, workers. Both need Linux with glibc and a C compiler (`cc`), as no package shifts the clock of programs
that are not Python's.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.services_plugin import DATA_ELSEWHEN

SOURCE = Path(__file__).with_name("ahead.c")
MIDNIGHTS = "--midnights"


def main(moment: str, arguments: list[str]) -> None:
    """Become pytest, at the moment: ISO 8601, UTC where it has no offset."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        sys.exit(f"{moment!r} is no instant such as 2027-01-01T00:05+05:30: make elsewhen AT=...")
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    # Of a run at a later moment: a server whose clock goes back waits for its own files to grow old.
    shutil.rmtree(DATA_ELSEWHEN, ignore_errors=True)
    library, told = built(), DATA_ELSEWHEN.with_suffix(".ahead")
    told.write_bytes(struct.pack("q", int((at - datetime.now(UTC)).total_seconds() * 1e9)))
    if MIDNIGHTS in arguments:
        arguments = [*(one for one in arguments if one != MIDNIGHTS), "-n", "0", "-p", "tests.elsewhen.midnights"]
    environment = os.environ | {"LD_PRELOAD": str(library), "CLOCK_AHEAD_FILE": str(told)}
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *arguments], environment)


def built() -> Path:
    """Return the library, made of its source. Exits where that cannot be done."""
    compiler = shutil.which("cc")
    if not sys.platform.startswith("linux") or compiler is None:
        sys.exit("This needs Linux with glibc and a C compiler, cc.")
    library = DATA_ELSEWHEN.with_suffix(".so")
    library.parent.mkdir(parents=True, exist_ok=True)
    made_so = ["-O2", "-Wall", "-shared", "-fPIC", "-ldl", "-lpthread"]
    subprocess.run([compiler, SOURCE, "-o", library, *made_so], check=True)
    return library


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:])
