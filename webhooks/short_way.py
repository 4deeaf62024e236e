"""The short way of a push: what the view does with an ordinary one, on the event loop and without Django's request.

Only what is plain in every respect takes it: the account is known by now, the address is its own, the body is whole and
small, the signature is right, and the rate allows it. All else, each refusal among it, goes to the view
(``webhooks.views``), so that there is one place which says no. Nothing is answered before it is committed.
"""

from __future__ import annotations

import re
import uuid
from concurrent.futures import Executor
from functools import lru_cache
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from campaigns.doorbells import publisher
from dialer.providers.base import Push
from webhooks.group_commit import GroupCommit, Row
from webhooks.push_rates import push_rates
from webhooks.receiving import Sender, kept_headers, senders

log = structlog.get_logger(__name__)

#: Larger ones take the way through a thread: looking at them takes a while.
MOST_BYTES = 64 * 1024
#: What the view answers.
TAKEN = (200, b'{"status": "success"}', ())
NOT_STORED = (
    503,
    b'{"status": "error", "message": "The push is not stored. Send it again."}',
    ((b"retry-after", b"5"),),
)
Answer = tuple[int, bytes, tuple[tuple[bytes, bytes], ...]]
#: Of the addresses of ``webhooks.urls``, those of pushes.
_ADDRESS = re.compile(
    r"/*push/+(?P<public_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/+(?P<token>[^/]+)/*"
)


class ShortWay:
    """The short way of one process. For one event loop; ``executor``: the threads that speak with PostgreSQL."""

    def __init__(self, executor: Executor) -> None:
        self._commit = GroupCommit(executor=executor)

    def is_known(self, scope: Any) -> bool:
        """Return whether the address of a push is known to be right, without asking anybody."""
        return _sender(scope["path"]) is not None

    async def take(self, scope: Any, body: bytes) -> Answer | None:
        """Take a push whose body has arrived, and return the answer; None: it is not for this way, nothing is done."""
        try:
            found = _read(scope, body)
        except Exception:  # the view comes upon the same, and says so
            return None
        if found is None:
            return None
        sender, push = found
        if not push_rates.took(account_id=sender.id, size=len(body)):
            return None
        headers = orjson.dumps(kept_headers(push, sender.provider)).decode()
        try:
            await self._commit.store(Row(account_id=sender.id, headers=headers, body=body))
        except Exception as error:
            log.error("push not stored", account_id=sender.id, error=type(error).__name__)
            return NOT_STORED
        publisher.ring("webhooks.apply_inbox")
        return TAKEN


def _sender(path: str) -> Sender | None:
    found = _ADDRESS.fullmatch(path)
    if found is None:
        return None
    sender = senders.known(uuid.UUID(found["public_id"]))
    return sender if sender is not None and sender.knows(found["token"]) else None


def _read(scope: Any, body: bytes) -> tuple[Sender, Push] | None:
    """Return who sent a push, proven, and what the view would make of it; None where it is out of the ordinary."""
    if scope["method"] not in {"POST", "PUT"} or scope["query_string"] or scope.get("root_path"):
        return None
    if not body or len(body) > min(MOST_BYTES, settings.DIALER_PUSH_MAX_BYTES):
        return None
    headers = _headers(scope)
    is_form = headers.get("content-type", "").lower().startswith("multipart/")
    if headers.get("content-length") != str(len(body)) or is_form or not _may_be_served(scope, headers):
        return None
    sender = _sender(scope["path"])
    if sender is None:
        return None
    push = Push(headers=headers, body=body, query={})
    return (sender, push) if sender.provider.authenticate_push(account=sender.config, push=push) else None


def _headers(scope: Any) -> dict[str, str]:
    """Return the headers as Django's request has them: names in small letters, those named twice joined."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def _may_be_served(scope: Any, headers: dict[str, str]) -> bool:
    """Return whether Django would serve it: its host is ours, and it came by https where that is demanded."""
    if not _is_our_host(headers.get("host", "")):
        return False
    if not settings.SECURE_SSL_REDIRECT or scope.get("scheme") == "https":
        return True
    proxy = settings.SECURE_PROXY_SSL_HEADER
    return proxy is not None and headers.get(proxy[0].removeprefix("HTTP_").replace("_", "-").lower()) == proxy[1]


@lru_cache(maxsize=64)
def _is_our_host(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
