"""Runs the tests at another moment: `make elsewhen AT="2027-01-01T00:05+05:30"`, with ARGS for pytest.

All that the tests start has the clock: PostgreSQL, Valkey, the sandbox carrier, workers. It needs Linux with glibc and
a C compiler (`cc`), as no package shifts the clock of programs that are not Python's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.services_plugin import DATA_ELSEWHEN

SOURCE = Path(__file__).with_name("ahead.c")


def main(moment: str, arguments: list[str]) -> None:
    """Become pytest, at the moment: ISO 8601, UTC where it has no offset."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        sys.exit(f"{moment!r} is no instant such as 2027-01-01T00:05+05:30: make elsewhen AT=...")
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    ahead = round((at - datetime.now(UTC)).total_seconds())
    # Of a run at a later moment: a server whose clock goes back waits for its own files to grow old.
    shutil.rmtree(DATA_ELSEWHEN, ignore_errors=True)
    environment = os.environ | {"LD_PRELOAD": str(built()), "SECONDS_AHEAD": str(ahead)}
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
