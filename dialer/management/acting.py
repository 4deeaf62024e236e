"""The base of commands that do something: what is recorded meanwhile was done by who runs the command."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from dialer.audit import acting, command_actor


class ActingCommand(BaseCommand):
    """A command whose acts are in the audit under the name of the operating system's user."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run it."""
        with acting(command_actor()):
            return super().execute(*args, **options)
