"""Fetches a recording from the provider, with the account's key where it belongs, and from nowhere else.

Anyone who has a recording's URL can often listen to it, and a URL in a result is a stranger's word: so the browser gets
neither the URL nor the key, and only the account's own address and the hosts that its settings name are asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings

from dialer.accounts.recording_tokens import NoToken, tokens
from dialer.addresses import url_problem
from dialer.fetching import Answer, Limits, Unfetched, opened
from dialer.models import ProviderAccount
from dialer.providers.building import RECORDING_HOSTS, named_hosts
from dialer.providers.parsing import path_under

UNAUTHORIZED = 401
MOST_BYTES = 256 * 1024 * 1024
#: What providers say of sound files besides ``audio/…``; a web page is none of them.
UNNAMED_TYPES = frozenset(
    {"application/octet-stream", "binary/octet-stream", "application/ogg", "video/mp4", "video/webm"}
)
SUFFIXES = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/ogg": "ogg"}


class RecordingUnavailable(Exception):
    """Why there is nothing to listen to, in words that name no URL. ``is_missing``: the provider has none."""

    def __init__(self, reason: str, *, is_missing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_missing = is_missing


@dataclass(slots=True)
class OpenRecording:
    """A recording that is being read: iterate over its pieces, and close it."""

    content_type: str
    suffix: str
    length_bytes: int | None
    _answer: Answer = field(repr=False)
    _held: ExitStack = field(repr=False)

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces. Raises RecordingUnavailable where a limit cuts it: the download breaks off."""
        try:
            yield from self._answer.pieces()
        except Unfetched as error:
            raise RecordingUnavailable(str(error)) from error
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection to the provider."""
        self._held.close()


def open_recording(*, account: ProviderAccount, url: str) -> OpenRecording:
    """Begin to read the recording at ``url``, which came in a result. Raises RecordingUnavailable."""
    token = _token(account, url)
    with ExitStack() as stack:
        answer = _opened(stack, account, url, token)
        if answer.status == UNAUTHORIZED and token:
            stack.close()
            answer = _opened(stack, account, url, _token(account, url, but_not=token))
        kind, length = _judged(answer)
        return OpenRecording(
            content_type=kind,
            suffix=SUFFIXES.get(kind, "bin"),
            length_bytes=length,
            _answer=answer,
            _held=stack.pop_all(),
        )


def _opened(stack: ExitStack, account: ProviderAccount, url: str, token: str) -> Answer:
    """Ask for the recording. Redirects are not followed: they would carry the key, or us, to a host nobody allowed."""
    address, headers = _address(account, url, token)
    limits = Limits(
        seconds=float(settings.DIALER_RECORDING_SECONDS),
        body_bytes=MOST_BYTES,
        head_seconds=float(account.reply_timeout_seconds),
    )
    headers = {**headers, "accept-encoding": "identity"}
    try:
        return stack.enter_context(opened(url=address, headers=headers, limits=limits, own_networks=True))
    except Unfetched as error:
        raise RecordingUnavailable(str(error)) from None


def _token(account: ProviderAccount, url: str, *, but_not: str = "") -> str:
    """Return the token for a recording at the account's own address; empty where the provider wants none, or not there.

    ``but_not``: a token that the provider has just refused. Raises RecordingUnavailable.
    """
    if path_under(url, base_url=account.config.base_url) is None:
        return ""
    try:
        return tokens.of(account, but_not=but_not)
    except NoToken as error:
        raise RecordingUnavailable(str(error)) from None


def _address(account: ProviderAccount, url: str, token: str) -> tuple[str, dict[str, str]]:
    """Return where to ask, with which headers. Raises RecordingUnavailable for a place that is not the account's."""
    if url_problem(url, own_networks=True):
        raise RecordingUnavailable("The result names no address of a recording.")
    parts = urlsplit(url)
    if path_under(url, base_url=account.config.base_url) is not None:
        try:
            given = {"token": token} if token else {}
            request = account.api.build_recording(account=account.config, url=url, **given)
        except ValueError as error:
            raise RecordingUnavailable(f"The recording cannot be asked for: {error}.") from None
        return (url, {}) if request is None else (request.url(account.config.base_url), dict(request.headers))
    if parts.netloc.lower() not in _other_hosts(account):
        raise RecordingUnavailable(
            f"The recording is at {parts.hostname}, which is neither the account's address nor one of its hosts of "
            "recordings: enter it in the account's settings if it is the provider's."
        )
    return url, {}


def _other_hosts(account: ProviderAccount) -> set[str]:
    """Return the hosts of recordings that the account's settings name, else those that its provider documents."""
    documented = next((field.default for field in account.api.setting_fields if field.name == RECORDING_HOSTS.name), "")
    return set(named_hosts(account.settings.get(RECORDING_HOSTS.name) or documented))


def _judged(answer: Answer) -> tuple[str, int | None]:
    """Return type and length of a reply that is a recording. Raises RecordingUnavailable for any other."""
    if answer.status in (404, 410):
        raise RecordingUnavailable("The provider has no such recording (any more).", is_missing=True)
    if answer.status != 200:
        raise RecordingUnavailable(f"The provider answers HTTP {answer.status}.")
    kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if not kind.startswith("audio/") and kind not in UNNAMED_TYPES:
        raise RecordingUnavailable("What the provider sends is no recording.")
    given = answer.headers.get("content-length", "")
    # The length of what is packed is not that of what the browser gets.
    length = int(given) if given.isdecimal() and "content-encoding" not in answer.headers else None
    if length is not None and length > MOST_BYTES:
        raise RecordingUnavailable("The recording is too large.")
    return kind if kind.startswith("audio/") else "application/octet-stream", length
