"""Other versions of the project beside this one: an older one out of git, and a newer one that nobody has written."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from dialer.embedded.nurslings import Nursery
from dialer.embedded.sharing import Services
from dialer.embedded.stack import PROJECT, Stack

CODE = ("manage.py", "dialer", "campaigns", "webhooks", "requirements.txt", "pyproject.toml")
MIGRATIONS = "*/migrations/*.py"

#: What an upgrade may add while the code before it is at work: a column without a value, and an index beside traffic.
_EXPANDS = """\
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("campaigns", "{last}")]
    operations = [
        migrations.AddField("attempt", "made_up", models.CharField(max_length=20, null=True)),
        AddIndexConcurrently("attempt", models.Index(fields=["made_up", "id"], name="attempt_made_up")),
        migrations.AddField("lead", "made_up", models.CharField(max_length=20, null=True)),
    ]
"""
#: Before which line of which module the field is put.
_BEFORE = {
    "campaigns/models/attempts.py": "    reserved_at = models.DateTimeField()\n",
    "campaigns/models/leads.py": "    next_attempt_at = models.DateTimeField(",
}
_FIELD = "    made_up = models.CharField(max_length=20, null=True)\n"


def of_tree(words: Sequence[str], tree: Path) -> list[str]:
    """Return the words of a command that runs the code of another tree in place of ours."""
    return [str(tree) if word == str(PROJECT) else word for word in words]


class TreeStack(Stack):
    """The processes of another tree."""

    def __init__(self, services: Services, *, tree: Path, port: int, log_dir: Path, workers: int, **env: str) -> None:
        super().__init__(services, port=port, log_dir=log_dir, workers=workers, threads=4, extra_env=env)
        self._tree = tree
        self._nursery = Nursery(env=self._env, cwd=tree, log_file=log_dir / "nursery.log")

    def program(self, name: str) -> list[str]:
        """Return the module of a process, and its arguments."""
        return of_tree(super().program(name), self._tree)

    def manage(self, *arguments: str) -> str:
        """Run a command of the tree and return what it said. Raises CalledProcessError."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=self._tree, env=self._env, check=True, capture_output=True, text=True).stdout


def older_tree(folder: Path) -> str:
    """Unpack the oldest code that goes with the migrations of now; return its commit, empty where there is no git."""
    commit = _git("log", "-1", "--format=%H", "--", MIGRATIONS)
    if commit:
        archive = subprocess.run(["git", "archive", commit], cwd=PROJECT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(folder, filter="data")
    return commit


def newer_tree(folder: Path) -> str:
    """Copy this tree and add what an upgrade adds: columns in the busiest tables, with a migration and an index.

    Return the name of the last migration of now.
    """
    folder.mkdir()
    for name in CODE:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    migrations = folder / "campaigns" / "migrations"
    last = max(path.stem for path in migrations.glob("[0-9]*.py"))
    (migrations / "9999_made_up.py").write_text(_EXPANDS.format(last=last))
    for name, before in _BEFORE.items():
        module = folder / name
        written = module.read_text()
        assert written.count(before) == 1, f"{name} has no place for a field"
        module.write_text(written.replace(before, _FIELD + before))
    return last


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=PROJECT, check=True, capture_output=True, text=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
