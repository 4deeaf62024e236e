"""Makes the first administrator, the roles, and an API key. Safe to repeat: what is there is left as it is."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from dialer.audit import record
from dialer.keys.making import LASTS, make_key
from dialer.keys.scopes import ADMIN
from dialer.management.acting import ActingCommand
from dialer.models import ApiKey
from dialer.roles import keep_roles


class Command(ActingCommand):
    """Make an administrator with an API key; print the user, a generated password and a new key, once."""

    help = "Make an administrator and an API key. What exists already is left alone and its secrets are not printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name and, if wanted, the password."""
        parser.add_argument("--username", default="admin")
        parser.add_argument("--password", help="Not given: one is generated and printed.")

    @transaction.atomic
    def handle(self, *_: Any, **options: Any) -> None:
        """Make what is missing. Raises CommandError when the name belongs to somebody who is no administrator."""
        keep_roles()
        user = User.objects.select_for_update().filter(username=options["username"]).first()
        if user is not None and not (user.is_superuser and user.is_active):
            raise CommandError(
                f"User {user.username} exists and is no active administrator; choose another --username."
            )
        if user is None:
            user = self._make(options["username"], options["password"])
        else:
            self.stdout.write(f"user: {user.username} (was there before; the password is not changed)")
        if ApiKey.objects.filter(user=user).exists():
            self.stdout.write("key: was made before (another one: manage.py api_key, or API keys in the admin)")
            return
        now = timezone.now()
        key, secret = make_key(user_id=user.pk, name="first_admin", scopes=[ADMIN], expires_at=now + LASTS, now=now)
        self.stdout.write(f"key: {secret}")
        self.stdout.write(f"expires: {key.expires_at:%Y-%m-%d %H:%M} UTC")

    def _make(self, username: str, password: str | None) -> User:
        chosen = password or secrets.token_urlsafe(15)
        user = User(username=username, is_staff=True, is_superuser=True)
        try:
            validate_password(chosen, user)
            user.set_password(chosen)
            user.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        user.save()
        record(act="auth.user.add", what="First administrator made", subject=user)
        self.stdout.write(f"user: {username}")
        if password is None:
            self.stdout.write(f"password: {chosen}")
        return user
