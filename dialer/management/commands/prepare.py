"""What `manage.py run` does first, in a process that ends with it: migrates, checks, and asks whether it may dial."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS


class Command(BaseCommand):
    """`manage.py prepare [--yes-this-is-the-only-one]`."""

    help = "Migrates, checks the database, and asks whether this is the one that dials; `manage.py run` begins with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--yes-this-is-the-only-one",
            action="store_true",
            dest="only_one",
            help="confirm that no copy of the database dials, where that is in doubt, without asking",
        )

    def handle(self, *, only_one: bool = False, **_: Any) -> None:
        """Do all that, once."""
        call_command("migrate", interactive=False, verbosity=0)
        # Prints warnings, and raises for errors; those of the settings were told when the command began.
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
        # After a night's rest, or in a copied folder, the person who starts it says that this is the one that dials.
        call_command("confirm_home", only_one=only_one, is_worker=True, goes_on=True)
        if not get_user_model().objects.filter(is_superuser=True).exists():
            self.stdout.write("No administrator yet. In another terminal: .venv/bin/python manage.py first_admin")
