"""The earlier name of `manage.py export`."""

from __future__ import annotations

from campaigns.management.commands.export import Command

__all__ = ["Command"]
