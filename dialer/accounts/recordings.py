"""Fetches a recording from the provider, with the account's key where it belongs, and from nowhere else.

Anyone who has a recording's URL can often listen to it, and a URL in a result is a stranger's word: so the browser gets
neither the URL nor the key, and only the account's own address and the hosts that its settings name are asked.
"""

from __future__ import annotations

import re
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

UNAUTHORIZED, PARTIAL, OUTSIDE = 401, 206, 416
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


class OutsideRecording(RecordingUnavailable):
    """A part was asked for that begins behind the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """From which byte to which one, both included. ``last`` None: to the end."""

    first: int
    last: int | None = None


_PART = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
_TOLD_PART = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")


def part_of(header: str) -> Part | None:
    """Return the part that a Range header asks for; None where it asks for all, or in a way that need not be kept."""
    found = _PART.fullmatch(header.strip())
    if found is None:
        return None
    last = int(found[2]) if found[2] else None
    return None if last is not None and last < int(found[1]) else Part(first=int(found[1]), last=last)


@dataclass(slots=True)
class OpenRecording:
    """A recording that is being read: iterate over its pieces, and close it.

    ``part``: what of it is given, where that is not all; ``total_bytes``: of all of it, None where nobody knows.
    """

    content_type: str
    suffix: str
    total_bytes: int | None
    part: Part | None
    _skip: int
    _answer: Answer = field(repr=False)
    _held: ExitStack = field(repr=False)

    @property
    def length_bytes(self) -> int | None:
        """How much is given."""
        if self.part is None or self.part.last is None:
            return self.total_bytes
        return self.part.last - self.part.first + 1

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces. Raises RecordingUnavailable where a limit cuts it: the download breaks off."""
        try:
            yield from _cut(self._answer.pieces(), skip=self._skip, most=self.length_bytes)
        except Unfetched as error:
            raise RecordingUnavailable(str(error)) from error
        finally:
            self.close()

    def close(self) -> None:
        """Close the connection to the provider."""
        self._held.close()


def open_recording(*, account: ProviderAccount, url: str, part: Part | None = None) -> OpenRecording:
    """Begin to read the recording at ``url``, which came in a result, or a ``part`` of it. Raises RecordingUnavailable.

    Of a provider that knows no parts all is read up to the part's end: its beginning is passed over here.
    """
    token = _token(account, url)
    with ExitStack() as stack:
        answer = _opened(stack, account, url, token, part)
        if answer.status == UNAUTHORIZED and token:
            stack.close()
            answer = _opened(stack, account, url, _token(account, url, but_not=token), part)
        kind, total, given = _judged(answer, part)
        return OpenRecording(
            content_type=kind,
            suffix=SUFFIXES.get(kind, "bin"),
            total_bytes=total,
            part=given,
            _skip=0 if given is None or answer.status == PARTIAL else given.first,
            _answer=answer,
            _held=stack.pop_all(),
        )


def _cut(pieces: Iterator[bytes], *, skip: int, most: int | None) -> Iterator[bytes]:
    """Give the bytes after the first ``skip``, and ``most`` of them at most."""
    for piece in pieces:
        kept = piece[skip:]
        skip = max(0, skip - len(piece))
        if most is not None:
            kept = kept[:most]
            most -= len(kept)
        if kept:
            yield kept
        if most == 0:
            return


def _within(part: Part, total: int) -> Part:
    if part.first >= total:
        raise OutsideRecording("The recording ends before.")
    last = total - 1 if part.last is None else min(part.last, total - 1)
    return Part(first=part.first, last=last)


def _opened(stack: ExitStack, account: ProviderAccount, url: str, token: str, part: Part | None) -> Answer:
    """Ask for the recording. Redirects are not followed: they would carry the key, or us, to a host nobody allowed."""
    address, headers = _address(account, url, token)
    limits = Limits(
        seconds=float(settings.DIALER_RECORDING_SECONDS),
        body_bytes=MOST_BYTES,
        head_seconds=float(account.reply_timeout_seconds),
    )
    headers = {**headers, "accept-encoding": "identity"}
    if part is not None:
        headers["range"] = f"bytes={part.first}-{'' if part.last is None else part.last}"
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


def _judged(answer: Answer, part: Part | None) -> tuple[str, int | None, Part | None]:
    """Return type and length of a recording, and the part that can be given of it. Raises RecordingUnavailable."""
    if answer.status in (404, 410):
        raise RecordingUnavailable("The provider has no such recording (any more).", is_missing=True)
    if answer.status == OUTSIDE and part is not None:
        raise OutsideRecording("The recording ends before.")
    is_part = answer.status == PARTIAL and part is not None
    if answer.status != 200 and not is_part:
        raise RecordingUnavailable(f"The provider answers HTTP {answer.status}.")
    kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    if not kind.startswith("audio/") and kind not in UNNAMED_TYPES:
        raise RecordingUnavailable("What the provider sends is no recording.")
    shown = kind if kind.startswith("audio/") else "application/octet-stream"
    if is_part and part is not None:
        return shown, *_told_part(answer, part)
    given = answer.headers.get("content-length", "")
    # The length of what is packed is not that of what the browser gets.
    length = int(given) if given.isdecimal() and "content-encoding" not in answer.headers else None
    if length is not None and length > MOST_BYTES:
        raise RecordingUnavailable("The recording is too large.")
    return shown, length, None if part is None or length is None else _within(part, length)


def _told_part(answer: Answer, part: Part) -> tuple[int, Part]:
    """Return the length of all, and which part the provider sends. Raises RecordingUnavailable."""
    told = _TOLD_PART.fullmatch(answer.headers.get("content-range", "").strip())
    if told is None or int(told[1]) != part.first or int(told[2]) < part.first:
        raise RecordingUnavailable("The provider does not send the part of the recording that was asked for.")
    if int(told[3]) > MOST_BYTES:
        raise RecordingUnavailable("The recording is too large.")
    return int(told[3]), Part(first=part.first, last=int(told[2]))
