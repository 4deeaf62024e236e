"""Look whether each migration since the first release leaves the code before it at work: ``python -m tests.expansion``;
a part of make lint.

Old processes go on while tables change, so a migration may add and not take away: expand, then contract (upgrades in
docs/operating.md). django-migration-linter reads the SQL of each; its warnings (an index that locks) are errors here.
Exits with 1 where something would stop old code, or lock a table for as long as it is large.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

#: Migrations that take away what no process of the release before them reads or writes any more: the second half of
#: "expand, then contract". By app and name, with the release since which nothing uses it.
CONTRACTS: Mapping[tuple[str, str], str] = {}
APPS = ("dialer", "campaigns", "webhooks")


def main(project: Path) -> int:
    """Look at the migrations of a project that can be imported; return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dialer.settings")
    from dialer.embedded.environment import embedded_environment

    with embedded_environment(data_dir=project / ".dialer"):
        import django

        django.setup()
        return _look()


def _look() -> int:
    from django.db import connection
    from django_migration_linter import MigrationLinter

    # Whoever makes tables for the first time has no old code beside.
    linter = MigrationLinter(
        include_apps=APPS,
        analyser_string="postgresql",
        all_warnings_as_errors=True,
        ignore_initial_migrations=True,
        quiet=("ignore", "ok"),
    )
    known = linter.migration_loader.disk_migrations
    for key in sorted(key for key in known if key[0] in APPS and key not in CONTRACTS):
        linter.lint_migration(known[key])
    connection.close()
    looked_at = linter.nb_total - linter.nb_ignored
    print(f"Migrations: {linter.nb_erroneous} of {looked_at} since the first release would stop the code before them.")
    return int(linter.has_errors)


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
