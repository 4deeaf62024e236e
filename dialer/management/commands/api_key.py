"""Makes an API key of a user, and prints it, once."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone

from dialer.keys.making import LASTS, make_key
from dialer.keys.scopes import scopes
from dialer.management.acting import ActingCommand


class Command(ActingCommand):
    """Make a key; print it with its end."""

    help = "Make an API key of a user and print it, once. Scopes narrow what the user may do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whose it is and what it may do."""
        known = "; ".join(f"{name}: {said}" for name, said in scopes().items())
        parser.add_argument("--user", required=True, help="User name.")
        parser.add_argument("--name", required=True, help="What it is for, and where it is used.")
        parser.add_argument("--scope", action="append", required=True, help=f"Again for each. {known}")
        parser.add_argument("--days", type=int, default=LASTS.days, help="It lasts so long; 0: for ever. (%(default)s)")
        parser.add_argument("--limit", action="append", default=[], metavar="KIND=ID,…", help="e.g. campaigns=4,7")

    def handle(self, *_: Any, **options: Any) -> None:
        """Make it. Raises CommandError saying what is wrong."""
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']}.")
        now = timezone.now()
        try:
            key, secret = make_key(
                user_id=user.pk,
                name=options["name"],
                scopes=options["scope"],
                limits=dict(map(_limit, options["limit"])),
                expires_at=now + timedelta(days=options["days"]) if options["days"] else None,
                now=now,
            )
        except ValidationError as error:
            said = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
            raise CommandError(said) from error
        self.stdout.write(f"key: {secret}")
        end = f"{key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else "never"
        self.stdout.write(f"expires: {end}")


def _limit(text: str) -> tuple[str, list[int]]:
    """Read ``campaigns=4,7``. Raises CommandError."""
    kind, _, ids = text.partition("=")
    try:
        return kind, [int(one) for one in ids.split(",")]
    except ValueError as error:
        raise CommandError(f"--limit {text}: write campaigns=4,7") from error
