"""Gives the groups viewer, manager and administrator their rights. Safe to repeat; migrate does it as well."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from dialer.roles import keep_roles


class Command(BaseCommand):
    """Keep the roles."""

    help = "Make the groups viewer, manager and administrator, or give them their rights again (docs/rights.md)."

    def handle(self, *_: Any, **__: Any) -> None:
        """Keep them, and say how many rights each has."""
        for role, count in keep_roles().items():
            self.stdout.write(f"{role.value}: {count} rights")
