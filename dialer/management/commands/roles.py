"""Gives the groups viewer, manager and administrator their rights. Safe to repeat; migrate does it as well."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from dialer.audit import Subject, record
from dialer.management.acting import ActingCommand
from dialer.roles import as_markdown, keep_roles


class Command(ActingCommand):
    """Keep the roles."""

    help = "Make the groups viewer, manager and administrator, or give them their rights again (docs/rights.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the argument."""
        parser.add_argument("--table", action="store_true", help="only print who may do what, as Markdown")

    def handle(self, *_: Any, **options: Any) -> None:
        """Keep them, and say how many rights each has."""
        if options["table"]:
            self.stdout.write(as_markdown(), ending="")
            return
        kept = keep_roles()
        record(act="auth.group.change", what="Roles given their rights again", subject=Subject(of="auth.group"))
        for role, count in kept.items():
            self.stdout.write(f"{role.value}: {count} rights")
