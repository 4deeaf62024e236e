"""make lint takes a migration that adds, and none that takes away from code that is at work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.chaos.trees import newer_tree
from tests.expansion import APPS
from tests.sources import PROJECT

#: What each would do to processes of the release before.
STOPS_OLD_CODE = {
    'migrations.RemoveField("attempt", "duration_seconds")': "DROPPING columns",
    'migrations.RenameField("attempt", "cost", "price")': "RENAMING columns",
    'migrations.AddField("attempt", "weight", models.IntegerField(default=1))': "NOT NULL constraint on columns",
    'migrations.AddIndex("attempt", models.Index(fields=["talk_seconds"], name="talk"))': "CREATE INDEX locks table",
}
#: Migrations that there are since the first of each app.
SINCE = sum(len(list((PROJECT / app / "migrations").glob("[0-9]*.py"))) - 1 for app in APPS)
_MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "{before}")]
    operations = [{operation}]
"""


@pytest.mark.django_db
def test_adding_passes_and_taking_away_does_not(tmp_path: Path) -> None:
    newer_tree(tmp_path / "tree")
    code, said = looked_at(tmp_path / "tree")
    assert (code, said) == (
        0,
        f"Migrations: 0 of {SINCE + 1} since the first release would stop the code before them.\n",
    )
    before = "9999_made_up"
    for n, operation in enumerate(STOPS_OLD_CODE):
        name = f"9999{n}_stops"
        file = tmp_path / "tree" / "campaigns" / "migrations" / f"{name}.py"
        file.write_text(_MIGRATION.format(before=before, operation=operation))
        before = name
    code, said = looked_at(tmp_path / "tree")
    assert code == 1
    assert [name for name in STOPS_OLD_CODE.values() if name not in said] == []
    assert said.endswith(f"Migrations: 4 of {SINCE + 5} since the first release would stop the code before them.\n")


def looked_at(tree: Path) -> tuple[int, str]:
    """Return the exit code of the look at a tree's migrations, on the test's database, and what it said."""
    database = re.sub(r"/[^/?]+(\?|$)", rf"/{connection.settings_dict['NAME']}\1", os.environ["DATABASE_URL"], count=1)
    found = subprocess.run(
        # -P: beside it is tests/dialer, which is not the project.
        [sys.executable, "-P", str(PROJECT / "tests" / "expansion.py")],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=False,
    )
    return found.returncode, found.stdout
