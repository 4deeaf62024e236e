#!/usr/bin/env python3
"""Runs a Django command. Where DATABASE_URL or REDIS_URL is unset, real servers run in `.dialer/` meanwhile."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
DATA = PROJECT / ".dialer"
# What neither reads nor writes the database; `check` does where it is told to.
WITHOUT_SERVICES = {"collectstatic", "diffsettings", "findstatic", "help", "sandbox", "spectacular", "version"}


def use_the_project_environment() -> None:
    """Go on under `.venv`, which make prepares, when this Python lacks Django."""
    python = PROJECT / ".venv" / "bin" / "python"
    if importlib.util.find_spec("django") is None and python.exists() and Path(sys.prefix) != PROJECT / ".venv":
        os.execv(python, [str(python), *sys.argv])  # noqa: S606


def needs_services(arguments: list[str]) -> bool:
    """Return whether the command needs PostgreSQL and Redis and one of them is not given."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return False
    if not arguments or {"--help", "-h", "--version"} & set(arguments):
        return False
    if arguments[0] == "check":
        return any(argument.partition("=")[0] == "--database" for argument in arguments)
    return arguments[0] not in WITHOUT_SERVICES


def main() -> None:
    """Complete the environment, run the command."""
    use_the_project_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dialer.settings")
    from dialer.embedded.environment import embedded_environment, read_env_file, set_secrets

    read_env_file(PROJECT / ".env")
    with contextlib.ExitStack() as running:
        if needs_services(sys.argv[1:]):
            found = running.enter_context(embedded_environment(data_dir=DATA))
            print(f"manage.py: using embedded {' and '.join(found.embedded)} in {DATA}", file=sys.stderr)  # noqa: T201
        elif not os.environ.get("DATABASE_URL"):
            set_secrets(data_dir=DATA)
        if sys.argv[1:2] == ["run"]:
            from dialer.embedded.running import main as run

            sys.exit(run(sys.argv[2:]))
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
