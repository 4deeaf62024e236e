"""Tokens that recordings are fetched with, where a provider wants one in place of the key.

Kept in the memory of the process alone, under a digest of what they were asked with: other credentials, another token.
"""

from __future__ import annotations

import hashlib
import threading
import time

import orjson

from dialer.accounts.asking import put
from dialer.http.client import NotSent, Unanswered
from dialer.models import ProviderAccount

#: A token is used for so long: half of a day, the shortest life that a provider documents.
KEPT_SECONDS = 12 * 3600.0


class NoToken(Exception):
    """Why the provider gave none, in words without a secret."""


class Tokens:
    """The tokens of a process by account. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[str, float, str]] = {}
        self._lock = threading.Lock()

    def of(self, account: ProviderAccount, *, but_not: str = "") -> str:
        """Return the account's token, asked for where none is kept; an empty text where its provider wants none.

        ``but_not``: a token that the provider has refused. Raises NoToken.
        """
        question = account.api.recording_token(account=account.config)
        if question is None:
            return ""
        asked_with = hashlib.sha256(orjson.dumps([account.api_url, *sorted(account.credentials.items())])).hexdigest()
        with self._lock:
            digest, until, token = self._kept.get(account.pk, ("", 0.0, ""))
        if digest == asked_with and time.monotonic() < until and token != but_not:
            return token
        try:
            answer = put(account=account, question=question)
        except (NotSent, Unanswered) as error:
            raise NoToken(f"The provider gives no token for recordings: {error.reason}.") from None
        if answer.problem is not None or not answer.value:
            detail = answer.problem.detail if answer.problem is not None else "no token"
            raise NoToken(f"The provider gives no token for recordings: {detail}.")
        with self._lock:
            self._kept[account.pk] = (asked_with, time.monotonic() + KEPT_SECONDS, answer.value)
        return answer.value


tokens = Tokens()
