"""Why a provider was not reached, or what it has against us, in a manager's words."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from dialer.accounts.findings import Finding, Subject, problem, warning
from dialer.http.client import NotSent, Unanswered
from dialer.models import ProviderAccount
from dialer.providers.base import ProviderReply, Refusal, Refused, Unclear
from dialer.providers.replies import NO_JSON

_ADDRESS = re.compile(r"\bip\b|\borigin\b|white-?list|allow-?list", re.IGNORECASE)
_REFUSED_CODE = re.compile(rf"\bErrno {errno.ECONNREFUSED}\b")


def not_reached(account: ProviderAccount, failure: NotSent | Unanswered) -> Finding:
    """Return why no reply came."""
    where = urlsplit(account.api_url)
    host = where.hostname or account.api_url
    port = where.port or (443 if where.scheme == "https" else 80)
    causes = list(_causes(failure))

    def one_of(*kinds: type[BaseException]) -> BaseException | None:
        return next((cause for cause in causes if isinstance(cause, kinds)), None)

    if one_of(socket.gaierror, UnicodeError):
        return _unreached(f"The name {host} is not known: it has no address.", "Correct the base URL, or mend the DNS.")
    certificate = one_of(ssl.SSLCertVerificationError)
    if isinstance(certificate, ssl.SSLCertVerificationError):
        return _unreached(
            f"The certificate of {host} is not valid: {certificate.verify_message}.",
            "Use the host name that the certificate is for, or have the provider renew it. It is never skipped.",
        )
    if one_of(ssl.SSLError):
        return _unreached(
            f"{host}:{port} does not speak TLS.",
            "Correct the base URL: http:// for this port, or the port of https://.",
        )
    if one_of(ConnectionRefusedError) or any(_REFUSED_CODE.search(str(cause)) for cause in causes):
        return _unreached(
            f"{host}:{port} refuses the connection: nothing listens there, or a firewall rejects us.",
            "Correct host and port in the base URL, or start the server there.",
        )
    if one_of(httpx.ConnectTimeout):
        return _unreached(
            f"{host}:{port} does not answer the connection: a firewall drops it, or the host is down.",
            "Let this server out to that host and port; have the provider allow our address.",
        )
    if one_of(httpx.ReadTimeout, httpx.WriteTimeout):
        return _unreached(
            f"{host} took the question and gave no answer within {account.reply_timeout_seconds} s.",
            "Try again; if it stays so, ask the provider. A longer reply time-out only helps where it is slow.",
        )
    if one_of(httpx.RemoteProtocolError, httpx.ReadError):
        return _unreached(
            f"{host}:{port} closed the connection or answered in something else than HTTP.",
            "Correct scheme and port of the base URL: https:// where the provider wants TLS.",
        )
    return _unreached(
        f"{host}:{port} is not reached: {failure.reason}.", "Correct the base URL, or mend the network between."
    )


def objection(account: ProviderAccount, reply: ProviderReply, found: Refused | Unclear, subject: Subject) -> Finding:
    """Return what a reply that is no success means for the account."""
    name = account.api.name
    if isinstance(found, Unclear):
        return _unclear(account, reply, found, subject)
    reason = found.reason
    if reason is Refusal.CREDENTIALS and _ADDRESS.search(found.detail):
        reason = Refusal.ADDRESS_NOT_ALLOWED
    match reason:
        case Refusal.CREDENTIALS:
            return problem(Subject.KEY, f"{name} refuses the key ({found.detail}).", _renew(account))
        case Refusal.ADDRESS_NOT_ALLOWED:
            return problem(
                Subject.KEY,
                f"{name} does not allow calls from our address ({found.detail}).",
                "Have the provider put the public IP address of this server on its allow list.",
            )
        case Refusal.NO_CAPACITY:
            return warning(
                Subject.CAPACITY,
                f"{name} is full, or is asked too often ({found.detail}).",
                "Calls wait until it has room. Lower the account's calls per second, or buy lines.",
            )
        case Refusal.OUTSIDE_ACTIVE_HOURS:
            return warning(Subject.CAPACITY, f"{name} is outside its active hours ({found.detail}).", "Wait for them.")
        case Refusal.UNKNOWN_TARGET:
            return problem(
                Subject.REACH,
                f"{name}'s server knows nothing at this address ({found.detail}).",
                f"Correct the path of the base URL {account.api_url}.",
            )
    return problem(
        subject, f"{name} does not take the question ({found.detail}).", "Compare base URL and settings with its pages."
    )


def _unclear(account: ProviderAccount, reply: ProviderReply, found: Unclear, subject: Subject) -> Finding:
    remedy = f"Correct the base URL {account.api_url}: it must be that of the API."
    if 300 <= reply.status < 400:
        to = urlsplit(reply.headers.get("location", "")).netloc
        aim = f" to {to}" if to else ""
        return problem(
            Subject.REACH, f"{account.api_url} redirects{aim}, and redirects are not followed: keys stay home.", remedy
        )
    if NO_JSON in found.detail:
        kind = "a web page" if b"<html" in reply.body[:2000].lower() else "no JSON"
        return problem(
            Subject.REACH, f"{account.api_url} answers with {kind} (HTTP {reply.status}): this is not the API.", remedy
        )
    if reply.status >= 500:
        return problem(
            Subject.REACH,
            f"{account.api.name}'s server failed: {found.detail}.",
            "Try again in a minute; if it stays so, ask the provider.",
        )
    return problem(subject, f"{account.api.name} answers in no way that its pages describe: {found.detail}.", remedy)


def _renew(account: ProviderAccount) -> str:
    """Say which credential to enter: the first secret that the provider cannot do without is its key."""
    field = next((field for field in account.api.credential_fields if field.secret and field.required), None)
    label, hint = (field.label, f" ({field.help.rstrip('.')})" if field.help else "") if field else ("key", "")
    return f"Enter a valid {label}{hint}; it may have expired or lack a permission."


def _unreached(text: str, remedy: str) -> Finding:
    return problem(Subject.REACH, text, remedy)


def _causes(failure: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = failure
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
