"""Gives the groups viewer, manager and administrator their rights. Safe to repeat; migrate does it as well."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dialer.roles import as_markdown, keep_roles


class Command(BaseCommand):
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
        for role, count in keep_roles().items():
            self.stdout.write(f"{role.value}: {count} rights")
