"""Where Redis is, by one URL: a server, or the Sentinels that know which server is it now. Imports no app.

``redis://:PASSWORD@HOST:6379/0`` (``rediss://`` with TLS), or
``sentinel://:PASSWORD@HOST:26379,HOST:26379,HOST:26379/0?master=NAME``, with ``&sentinel_password=`` where the
Sentinels ask for one of their own. Celery's way of writing the latter is another; this module translates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from redis.sentinel import Sentinel

SCHEMES = ("redis", "rediss", "redis+socket", "unix", "sentinel")
SENTINEL_PORT = 26_379
#: Of several Sentinels one may be away; the next is asked after so long.
SENTINEL_SECONDS = 1.0


class BadRedisAddress(ValueError):
    """What is wrong with REDIS_URL, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """Where Redis is. Without ``sentinels`` the URL is taken as it is."""

    url: str = field(repr=False)
    sentinels: tuple[tuple[str, int], ...] = ()
    master: str = ""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_password: str | None = field(default=None, repr=False)
    database: int = 0

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that the URL names."""
        return tuple(host for host, _ in self.sentinels) or ((urlsplit(self.url).hostname or ""),)

    @property
    def broker_url(self) -> str:
        """The URL as Celery reads it."""
        if not self.sentinels:
            return self.url
        who = urlsplit(self.url).netloc.rpartition("@")[0]
        at = f"{who}@" if who else ""
        return ";".join(f"sentinel://{at}{host}:{port}/{self.database}" for host, port in self.sentinels)

    @property
    def broker_options(self) -> dict[str, Any]:
        """What Celery's transport is told besides."""
        return {"master_name": self.master, "sentinel_kwargs": self._of_sentinels()} if self.sentinels else {}

    def client(self, **options: Any) -> redis.Redis:
        """Return a client of the server, which Sentinels are asked for as it connects. Close it."""
        if not self.sentinels:
            return redis.Redis.from_url(self.url, **options)
        sentinel: Any = Sentinel  # its signatures have no types
        known = sentinel(self.sentinels, sentinel_kwargs=self._of_sentinels(), db=self.database, **options)
        found: redis.Redis = known.master_for(self.master, username=self.username, password=self.password)
        return found

    def _of_sentinels(self) -> dict[str, Any]:
        asked = {"socket_timeout": SENTINEL_SECONDS, "socket_connect_timeout": SENTINEL_SECONDS}
        return {**asked, "password": self.sentinel_password} if self.sentinel_password else asked


def redis_address(url: str) -> RedisAddress:
    """Read a URL. Raises BadRedisAddress, which does not quote it: it has a password."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise BadRedisAddress(f"REDIS_URL begins with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}.")
    if parts.scheme != "sentinel":
        return RedisAddress(url=url)
    query = parse_qs(parts.query)
    unknown = query.keys() - {"master", "sentinel_password"}
    if unknown or not query.get("master"):
        raise BadRedisAddress("REDIS_URL of Sentinels ends with ?master=NAME, and &sentinel_password= if need be.")
    who, _, places = parts.netloc.rpartition("@")
    username, _, password = who.partition(":")
    database = parts.path.strip("/") or "0"
    if not database.isdecimal():
        raise BadRedisAddress("REDIS_URL names a database by its number: /0.")
    return RedisAddress(
        url=url,
        sentinels=tuple(_place(place) for place in places.split(",")),
        master=query["master"][0],
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_password=query.get("sentinel_password", [None])[0],
        database=int(database),
    )


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    if not host or (port and not port.isdecimal()):
        raise BadRedisAddress("REDIS_URL of Sentinels names each as HOST or HOST:PORT, with commas between them.")
    return host, int(port or SENTINEL_PORT)
