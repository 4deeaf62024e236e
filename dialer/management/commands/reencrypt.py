"""Encrypts what is stored with the first of DIALER_ENCRYPTION_KEYS, so that the others can be taken away."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from dialer.audit import Subject, record
from dialer.key_rotation import Rotated, reencrypt
from dialer.management.acting import ActingCommand


class Command(ActingCommand):
    """Encrypt everything with the first key; say what is done, what is left, and what no key opens."""

    help = (
        "Encrypt every stored secret with the first of DIALER_ENCRYPTION_KEYS. Safe to repeat. "
        "Ends with 1 while the other keys are still needed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how to run and how to tell."""
        parser.add_argument("--dry-run", action="store_true", help="Change nothing, only count what is left.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run it, and end with exit code 1 if something is left."""
        found = reencrypt(dry_run=options["dry_run"])
        if found.done and not options["dry_run"]:
            record(act="reencrypt", what="Secrets encrypted anew", subject=Subject(of="secret"), rows=found.done)
        self.stdout.write(json.dumps(found.as_json()) if options["json"] else _in_words(found))
        if not found.is_whole:
            raise SystemExit(1)


def _in_words(found: Rotated) -> str:
    lines = [
        f"{found.done} encrypted anew, {found.up_to_date} were up to date, {found.left} left, "
        f"{len(found.unreadable)} that no key opens."
    ]
    lines += [f"No key opens {name}." for name in found.unreadable]
    if found.unreadable:
        lines.append("Put the key of that time back behind the others, or enter those secrets again.")
    if found.left:
        lines.append("Run it again (without --dry-run) until nothing is left; until then keep all keys.")
    if found.is_whole:
        lines.append("The first key opens everything: the others can be taken away.")
    return "\n".join(lines)
