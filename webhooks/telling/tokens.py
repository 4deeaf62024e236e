"""Tokens by OAuth client credentials (RFC 6749 section 4.4): fetched when needed, kept while they are good."""

from __future__ import annotations

import asyncio
import base64
import time
from urllib.parse import quote, urlencode

import httpx
import orjson

from dialer.http.transport import CallTransport
from webhooks.rules.sent_headers import token_problem
from webhooks.telling.ways import ClientCredentials

#: A token is renewed so long before its end, and one without an end after an hour.
MARGIN_SECONDS = 30.0
KEPT_SECONDS = 3600.0


class NoToken(httpx.TransportError):
    """No token was given; the message says why and holds no secret."""


class TokenKeeper:
    """The token of one subscriber, for one event loop: requests that find none wait for the one that fetches it."""

    def __init__(self, client: ClientCredentials, *, transport: CallTransport) -> None:
        self._client, self._transport = client, transport
        self._token, self._good_until = "", 0.0
        self._lock = asyncio.Lock()

    async def token(self) -> str:
        """Return a token that is good. Raises NoToken."""
        async with self._lock:
            if time.monotonic() >= self._good_until:
                self._token, seconds = await self._fetch()
                self._good_until = time.monotonic() + max(0.0, seconds - MARGIN_SECONDS)
            return self._token

    def forget(self, token: str) -> None:
        """Fetch another next time, unless that was done meanwhile: this one was refused."""
        if token == self._token:
            self._good_until = 0.0

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
        request = httpx.Request("POST", client.token_url, content=urlencode(form).encode(), headers=headers)
        response = await self._transport.handle_async_request(request)
        if response.status_code != httpx.codes.OK:
            raise NoToken(f"the token URL answered {response.status_code}")
        return _read(await response.aread())


def _read(body: bytes) -> tuple[str, float]:
    try:
        said = orjson.loads(body)
        token, seconds = said["access_token"], float(said.get("expires_in") or KEPT_SECONDS)
    except (ValueError, TypeError, KeyError) as error:
        raise NoToken("the token URL gave no access_token") from error
    if not isinstance(token, str) or token_problem(token):
        raise NoToken("the token URL gave no access_token that can be sent")
    return token, seconds
