"""Looks through whole logs for numbers, in whatever spelling, and for secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from django.contrib.sessions.models import Session

from campaigns.models import Contact
from dialer.models import DID, ApiKey, ProviderAccount
from webhooks.models import Subscription

_ESCAPED = re.compile(r"\\+(?:u([0-9a-f]{4})|x([0-9a-f]{2}))", re.IGNORECASE)
_BETWEEN_DIGITS = re.compile(r"(?<=\d)(?:[^\w\n=:,;'\"{}\[\]<>|&]|[\u200b-\u200f])+(?=\d)")
#: Of a number's digits the last ones: those of its country may be left out.
NATIONAL_DIGITS = 10
SHORTEST_SECRET = 6


def all_numbers() -> set[str]:
    """Return the last digits of every number that the database knows."""
    numbers = [*Contact.objects.values_list("number", flat=True), *DID.objects.values_list("number", flat=True)]
    return {number[-NATIONAL_DIGITS:] for number in numbers}


def all_secrets() -> set[str]:
    """Return every secret of this installation as it may stand in a log."""
    found = [os.environ["SECRET_KEY"], *os.environ["DIALER_ENCRYPTION_KEYS"].split(",")]
    found += ApiKey.objects.values_list("secret_hash", flat=True)
    found += Session.objects.values_list("session_key", flat=True)
    for account in ProviderAccount.objects.all():
        found += [account.push_token, *map(str, account.credentials.values())]
    for subscription in Subscription.objects.all():
        found += map(str, subscription.secret.values())
    return {form for secret in found if len(secret) >= SHORTEST_SECRET for form in (secret, quote(secret, safe=""))}


def password_of(url: str) -> str:
    """Return the password within a URL."""
    return unquote(urlsplit(url).password or "")


def leaks(files: Iterable[Path], *, numbers: set[str], secrets: set[str]) -> list[str]:
    """Return where a log shows a number or a secret, with what stands around it."""
    found: list[str] = []
    for file in sorted(files):
        found += leaks_in(file.name, file.read_text("utf-8", "replace"), numbers, secrets)
    return found


def leaks_in(name: str, text: str, numbers: set[str], secrets: set[str]) -> Iterator[str]:
    """Yield where a text shows a number or a secret."""
    for secret in secrets:
        for match in re.finditer(re.escape(secret), text):
            yield f"{name} shows a secret: {text[max(0, match.start() - 150) : match.end() + 20]!r}"
    plain = _ESCAPED.sub(lambda match: chr(int(match[1] or match[2], 16)), unquote(text))
    for line in plain.splitlines():
        for match in re.finditer(rf"\d{{{NATIONAL_DIGITS},}}", _BETWEEN_DIGITS.sub("", line)):
            run = match[0]
            windows = {run[at : at + NATIONAL_DIGITS] for at in range(len(run) - NATIONAL_DIGITS + 1)}
            if windows & numbers:
                yield f"{name} shows a number: {line[:400]!r}"
