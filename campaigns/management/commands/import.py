"""`manage.py import LIST FILE`. Its code has a name of its own, as no module can import one that is called so."""

from __future__ import annotations

from campaigns.management.commands.import_contacts import Command

__all__ = ["Command"]
