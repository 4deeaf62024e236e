"""Judge every provider by the same suite: ``python -m tests.conformance [slug ...]``.

Prints one line a provider and exits with 1 when a check failed. It needs neither database nor settings.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from dialer import providers
from tests.providers import catalog

FOLDER = Path(__file__).parent / "providers"


class Tally:
    """Counts the checks of each provider; a check belongs to the provider named by its ``slug`` parameter."""

    def __init__(self, slugs: tuple[str, ...]) -> None:
        self.slugs = slugs
        self.owners: dict[str, str] = {}
        self.passed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the checks of the providers asked for."""
        for item in items:
            callspec = getattr(item, "callspec", None)
            self.owners[item.nodeid] = callspec.params.get("slug", "") if callspec else ""
        items[:] = [item for item in items if self.owners[item.nodeid] in self.slugs]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what passed, and once what failed in any stage."""
        owner = self.owners[report.nodeid]
        if report.failed:
            self.failed[owner] += 1
        elif report.when == "call" and report.passed:
            self.passed[owner] += 1

    def lines(self) -> list[str]:
        """Return one line a provider: name, payloads, checks."""
        width = max(len(providers.get(slug).name) for slug in self.slugs)
        return [self._line(slug, width) for slug in self.slugs]

    def _line(self, slug: str, width: int) -> str:
        there = (catalog.folder(slug) / "sources.toml").exists()
        payloads = len(catalog.payloads(slug)) if there else 0
        verdict = f"{self.failed[slug]} FAILED" if self.failed[slug] or not self.passed[slug] else "ok"
        name = providers.get(slug).name
        return f"{name:<{width}}  {payloads:>3} payloads  {self.passed[slug]:>4} checks passed  {verdict}"


def main(arguments: list[str]) -> int:
    """Run the suite for the slugs in ``arguments``, or for all. Return the exit code."""
    unknown = sorted(set(arguments) - set(providers.slugs()))
    if unknown:
        print(f"No such provider: {', '.join(unknown)}. There are: {', '.join(providers.slugs())}.", file=sys.stderr)
        return 2
    os.environ.setdefault("CONFORMANCE_MUTATIONS", "100")
    tally = Tally(tuple(arguments) or providers.slugs())
    suite = sorted(str(path) for path in FOLDER.glob("test_conformance_*.py"))
    options = ["-p", "no:django", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={FOLDER.parent.parent}"]
    code = pytest.main([*options, "--noconftest", "-q", "--no-header", "--tb=line", *suite], plugins=[tally])
    print("\n" + "\n".join(tally.lines()))
    complete = all(tally.passed[slug] for slug in tally.slugs)
    return int(code) or int(not complete)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
