"""``manage.py sandbox``: run the sandbox carrier, the same as ``python -m dialer.sandbox``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dialer.sandbox.__main__ import add_arguments, run


class Command(BaseCommand):
    """Runs the carrier in the foreground until SIGINT or SIGTERM."""

    help = "Run the sandbox carrier, which speaks the providers' APIs and rings nobody (docs/sandbox.md)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options of ``python -m dialer.sandbox``."""
        add_arguments(parser)

    def handle(self, **options: Any) -> None:
        """Run until told to stop."""
        problem = run(options)
        if problem is not None:
            raise CommandError(problem)
