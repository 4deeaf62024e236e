"""Requests that several providers build in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dialer.providers.base import AccountConfig, Field, ProviderRequest, json_body
from dialer.providers.parsing import indian_national, path_under

#: A setting of every provider whose results name recordings.
RECORDING_HOSTS = Field(
    name="recording_hosts",
    label="Hosts of recordings",
    help="Where recordings may be fetched from besides the account's own address, without its key: files.example.com",
)


def named_hosts(named: object) -> list[str]:
    """Return the hosts that a value of RECORDING_HOSTS names."""
    return [host for host in (part.strip().lower() for part in str(named or "").split(",")) if host]


NUMBER_FORMATS = ("national", "e164", "digits")


def post(path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> ProviderRequest:
    """Return a POST of ``body`` as JSON; ``headers`` hold the account's key."""
    headers = {**headers, "content-type": "application/json"}
    return ProviderRequest(method="POST", path=path, headers=headers, body=json_body(body))


def number(e164: str, *, number_format: str) -> str:
    """Return an E.164 number as a trunk wants it; ``national``: Indian ones as ten digits, others as they are."""
    match number_format:
        case "digits":
            return e164.removeprefix("+")
        case "national":
            return indian_national(e164)
        case _:
            return e164


def iso(at: datetime) -> str:
    """Return ``at`` as ISO 8601 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def recording(url: str, account: AccountConfig, headers: Mapping[str, str]) -> ProviderRequest:
    """Return the GET of a recording with the account's key. Raises ValueError when it is on another host."""
    path = path_under(url, base_url=account.base_url)
    if path is None:
        raise ValueError("the recording is not under the account's base URL")
    return ProviderRequest(method="GET", path=path, headers=headers)
