"""Try the rules of when and whom: ``python -m tests.rules``. Prints its progress and, as the last line, what it found.

At least 20,000 generated cases for the time function and the retries, a month of calls over five time zones, two
recurring campaigns whose beat is doubled and stops for an hour, every beginning of the number plan, and the phrases of
refusal by language. Exits with 1 where a promise was broken.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

TESTS = Path(__file__).parents[1]
FOLDERS = (TESTS / "rules", TESTS / "campaigns" / "rules" / "refusal")


def main() -> int:
    """Run the tests of FOLDERS with all cases; return the exit code."""
    os.environ.setdefault("RULES_CASES", "20000")
    import pytest  # after the number of cases is set: the tests read it when they are loaded

    from tests.rules.tally import TRIED

    started = time.monotonic()
    watch = _Watch()
    folders = [str(folder) for folder in FOLDERS]
    code = pytest.main([*folders, "-q", "--no-header", "-p", "no:cacheprovider"], plugins=[watch])
    result = {
        "cases": TRIED.total(),
        "violations": watch.failed,
        "tried": dict(TRIED),
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(result), flush=True)
    return int(bool(code))


class _Watch:
    """Says what is being tried, and counts what failed."""

    def __init__(self) -> None:
        self.failed = 0

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        print(f"\n{nodeid.rpartition('::')[2].removeprefix('test_').replace('_', ' ')} …", flush=True)

    def pytest_runtest_logreport(self, report: object) -> None:
        self.failed += bool(getattr(report, "failed", False))


if __name__ == "__main__":
    sys.exit(main())
