"""Attack the product as it was attacked once: ``python -m tests.attacks``. Prints a line for each attack.

A test says by its name which attack it is (``test_attack_5_…``) and its module's docstring what the attacker does.
Exits with 1 where an attack succeeded, or where nothing was tried.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest


def main(arguments: list[str]) -> int:
    """Run the tests of this folder; return the exit code."""
    watch = Watch()
    folder = str(Path(__file__).parent)
    code = pytest.main([folder, "--no-header", "-p", "no:cacheprovider", *arguments], plugins=[watch])
    for line in watch.lines():
        print(line)
    return int(bool(code))


class Watch:
    """Hears of every test and sums them up by attack."""

    def __init__(self) -> None:
        self.attacks: dict[int, str] = {}
        self.tried: dict[int, int] = {}
        self.failed: dict[int, int] = {}

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Learn what the attack of a test is."""
        number = number_of(item.nodeid)
        module = item.getparent(pytest.Module)
        said = (module.obj.__doc__ or "") if module is not None else ""
        self.attacks.setdefault(number, said.split("\n")[0].split(": ", 1)[-1])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once, and as failed when any part of it failed."""
        number = number_of(report.nodeid)
        if report.when == "call":
            self.tried[number] = self.tried.get(number, 0) + 1
        if report.failed:
            self.failed[number] = self.failed.get(number, 0) + 1

    def lines(self) -> list[str]:
        """Return a line for each attack: its number, how it went, in how many tests, and what it is."""
        return [self._line(number) for number in sorted(self.attacks)]

    def _line(self, number: int) -> str:
        tried, failed = self.tried.get(number, 0), self.failed.get(number, 0)
        said = "failed" if failed else "held" if tried else "not tried"
        count = f"{failed} of {tried}" if failed else str(tried)
        return f"{number or '-':>3}  {said:9}  {count:>9}  {self.attacks[number]}"


def number_of(nodeid: str) -> int:
    """Return the number of the attack in a test's name; 0 for a test that names none."""
    found = re.search(r"::test_attack_(\d+)_", nodeid)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
