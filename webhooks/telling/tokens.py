"""Tokens by OAuth client credentials (RFC 6749 section 4.4): fetched when needed, kept while they are good."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import orjson

from dialer.addresses import Forbidden
from dialer.http.transport import CallTransport
from webhooks.rules.sent_headers import token_problem
from webhooks.telling.ways import ClientCredentials

#: A token is renewed so long before its end, but used for half its life at least; one without an end after an hour.
MARGIN_SECONDS = 30.0
KEPT_SECONDS = 3600.0
#: Of the words of a token server's refusal.
MOST_CHARACTERS = 120
#: What such words may hold (RFC 6749, 5.2), but for quotes.
_NOT_SAID = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


class NoToken(Exception):
    """No token was given; the message says why and holds no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    text: str = field(repr=False)
    good_until: float


class KeptTokens:
    """Tokens that are good, by the credentials that they were given for. For one event loop."""

    def __init__(self) -> None:
        self._kept: dict[ClientCredentials, _Token] = {}

    def get(self, client: ClientCredentials) -> str:
        """Return the token that is good, "" where there is none."""
        found = self._kept.get(client)
        return found.text if found is not None and time.monotonic() < found.good_until else ""

    def keep(self, client: ClientCredentials, *, token: str, seconds: float) -> None:
        """Keep a token that is good for so long."""
        now = time.monotonic()
        self._kept = {known: one for known, one in self._kept.items() if one.good_until > now}
        kept_seconds = max(0.0, seconds - min(MARGIN_SECONDS, seconds / 2))
        self._kept[client] = _Token(text=token, good_until=now + kept_seconds)

    def forget(self, client: ClientCredentials, *, token: str) -> None:
        """Forget a token that was refused, unless there is another one already."""
        if self.get(client) == token:
            self._kept.pop(client, None)


class TokenKeeper:
    """The token of one subscriber: requests that find none wait for the one that fetches it."""

    def __init__(self, client: ClientCredentials, *, transport: CallTransport, kept: KeptTokens) -> None:
        self._client, self._transport, self._kept = client, transport, kept
        self._lock = asyncio.Lock()
        self._refusals, self._problem = 0, ""

    @property
    def has_token(self) -> bool:
        """Whether there is one that is good, so that nobody waits for it."""
        return bool(self._kept.get(self._client))

    async def token(self) -> str:
        """Return a token that is good. Raises NoToken, for all who wait for it alike: it is asked for once."""
        refusals = self._refusals
        async with self._lock:
            if token := self._kept.get(self._client):
                return token
            if self._refusals > refusals:
                raise NoToken(self._problem)
            try:
                token, seconds = await self._fetch()
            except NoToken as error:
                self._refusals, self._problem = self._refusals + 1, str(error)
                raise
            self._kept.keep(self._client, token=token, seconds=seconds)
            return token

    def forget(self, token: str) -> None:
        """Fetch another next time, unless that was done meanwhile: this one was refused."""
        self._kept.forget(self._client, token=token)

    async def _fetch(self) -> tuple[str, float]:
        client = self._client
        form = {"grant_type": "client_credentials", **({"scope": client.scope} if client.scope else {})}
        pair = f"{quote(client.client_id, safe='')}:{quote(client.client_secret, safe='')}"
        headers = {
            "accept": "application/json",
            "accept-encoding": "identity",
            "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "content-type": "application/x-www-form-urlencoded",
            "user-agent": "dialer",
        }
        try:
            request = httpx.Request("POST", client.token_url, content=urlencode(form).encode(), headers=headers)
            response = await self._transport.handle_async_request(request)
            body = await response.aread()
        except (httpx.TransportError, httpx.InvalidURL, Forbidden) as error:
            raise NoToken(f"the token URL gave no reply: {error}") from error
        if not response.is_success:
            raise NoToken(f"the token URL answered {response.status_code}{_why(body, client)}")
        return _read(body)


def _why(body: bytes, client: ClientCredentials) -> str:
    """Return what a token server says of its refusal, by the names of RFC 6749, 5.2; "" where it says nothing so."""
    try:
        said = orjson.loads(body)
    except ValueError:
        return ""
    named = [said.get(name) for name in ("error", "error_description")] if isinstance(said, dict) else []
    words = [_NOT_SAID.sub("", one)[:MOST_CHARACTERS] for one in named if isinstance(one, str)]
    text = ": ".join(one for one in words if one.strip())
    return f", {text}" if text and client.client_secret not in text else ""


def _read(body: bytes) -> tuple[str, float]:
    try:
        said = orjson.loads(body)
        token, seconds = said["access_token"], _seconds(said.get("expires_in"))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NoToken("the token URL gave no access_token") from error
    if not isinstance(token, str) or not token or token_problem(token):
        raise NoToken("the token URL gave no access_token that can be sent")
    return token, seconds


def _seconds(given: Any) -> float:
    """Return for how long a token is good; where nothing of use is said, for an hour."""
    try:
        seconds = float(given)
    except (ValueError, TypeError):
        return KEPT_SECONDS
    return seconds if seconds > 0 else KEPT_SECONDS
