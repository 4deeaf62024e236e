"""Fetches what is at an address that a person entered, with an end to everything: seconds, bytes, headers, packing.

The deadline runs from the first look-up to the last byte, so that who drips gains nothing. The connection goes to an
address that was judged (dialer.addresses): a name that changes its mind in between leads nowhere else. Redirects are
not followed. An answer whose end cannot be told from a broken connection is none.
"""

from __future__ import annotations

import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore
import httpx
from django.conf import settings

from dialer.addresses import Forbidden, allowed, looked_up, url_problem

CONNECT_SECONDS = 5.0
PIECE_BYTES = 64 * 1024
#: In one process, which has some ten threads.
FETCHES_AT_ONCE = 4
#: For a place among these.
PLACE_SECONDS = 2.0
#: Framing and headers may come to as much as the body; httpcore takes no headers beyond 100 KiB.
HEADERS_BYTES = 128 * 1024
#: How the one layer that is taken off may be called; zlib tells the two apart by their first bytes.
_PACKINGS = frozenset({"gzip", "x-gzip", "deflate"})
#: The resolver of the system knows no deadline: what hangs there hangs in one of these.
_lookups = ThreadPoolExecutor(FETCHES_AT_ONCE, thread_name_prefix="look-ups")
_places = threading.BoundedSemaphore(FETCHES_AT_ONCE)


class Unfetched(Exception):
    """Nothing, or not all of it, was fetched; the message says why and names no address."""


class _TooSlow(httpcore.TimeoutException):
    pass


class _TooLarge(httpcore.ReadError):
    pass


@dataclass(slots=True)
class _Deadline:
    until: float

    def left(self, error: type[Exception] = _TooSlow) -> float:
        """Return the seconds that are left. Raises ``error`` when there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise error
        return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one fetch may take: seconds from its beginning to its end, and bytes, packed and unpacked.

    ``head_seconds``: until the answer's headers are there; not given: as long as all of it.
    """

    seconds: float
    body_bytes: int
    head_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The beginning of an answer; ``pieces`` reads the rest, once."""

    status: int
    headers: Mapping[str, str]
    _response: httpx.Response
    _limits: Limits

    def pieces(self) -> Iterator[bytes]:
        """Give the body, unpacked, to its end. Raises Unfetched where a limit or the connection cuts it."""
        with _in_words(self._limits):
            raw = self._response.iter_raw(PIECE_BYTES)
            yield from _bounded(_unpacked(_bounded(raw, self._limits), self._packing()), self._limits)

    def _packing(self) -> str:
        """Return the one layer to take off, if any."""
        said = [one.strip().lower() for one in self.headers.get("content-encoding", "").split(",")]
        layers = [one for one in said if one not in ("", "identity")]
        if len(layers) > 1 or not _PACKINGS.issuperset(layers):
            raise Unfetched("The answer is packed in a way that is not unpacked here: one layer of gzip is.")
        # Without a length, only what is packed says itself where it ends.
        if not layers and not {"content-length", "transfer-encoding"} & set(self.headers):
            raise Unfetched("The answer does not say where it ends: it needs a Content-Length, or chunks.")
        return layers[0] if layers else ""


def address_problem(url: str) -> str:
    """Return why nothing may be sent to or fetched from ``url``, as a sentence; empty if it may be tried."""
    return url_problem(url, own_networks=settings.DIALER_ALLOW_PRIVATE_ADDRESSES)


@contextmanager
def opened(
    *, url: str, headers: Mapping[str, str], limits: Limits, own_networks: bool | None = None
) -> Iterator[Answer]:
    """GET ``url`` and give the answer before its body is read. Raises Unfetched.

    ``own_networks``: whether addresses of private networks may be asked; not given: as the settings say.
    """
    own = settings.DIALER_ALLOW_PRIVATE_ADDRESSES if own_networks is None else own_networks
    if problem := url_problem(url, own_networks=own):
        raise Unfetched(problem)
    began = time.monotonic()
    deadline = _Deadline(began + (limits.head_seconds or limits.seconds))
    transport = httpx.HTTPTransport(trust_env=False, retries=0)
    transport._pool._network_backend = _Judged(deadline=deadline, limits=limits, own_networks=own)
    sent = {"accept-encoding": "gzip", "user-agent": "dialer", **headers}
    with (
        _one_of_few(),
        httpx.Client(transport=transport, timeout=limits.seconds, trust_env=False, follow_redirects=False) as client,
        _in_words(limits),
        client.stream("GET", url, headers=sent) as response,
    ):
        deadline.until = began + limits.seconds
        found = {name.lower(): value for name, value in response.headers.items()}
        yield Answer(status=response.status_code, headers=found, _response=response, _limits=limits)


@contextmanager
def _one_of_few() -> Iterator[None]:
    """Let a few through at one time: servers that never end must not take every thread of the process."""
    if not _places.acquire(timeout=PLACE_SECONDS):
        raise Unfetched(f"{FETCHES_AT_ONCE} files are being fetched already: try again in a minute.")
    try:
        yield
    finally:
        _places.release()


class _Judged(httpcore.SyncBackend):
    """Connects to addresses that may be asked, and lets no connection live or grow past the limits."""

    def __init__(self, *, deadline: _Deadline, limits: Limits, own_networks: bool) -> None:
        self._deadline = deadline
        self._most_bytes = 2 * limits.body_bytes + HEADERS_BYTES
        self._own_networks = own_networks

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.NetworkStream:
        """Look the name up, and connect to the first of its addresses that may be asked and takes us."""
        connecting = _Deadline(min(self._deadline.until, time.monotonic() + CONNECT_SECONDS))
        try:
            found = _lookups.submit(looked_up, host, port).result(timeout=connecting.left())
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("The name is not known.") from error
        addresses = allowed(found, own_networks=self._own_networks)
        for address in addresses:
            left = connecting.left(httpcore.ConnectTimeout)
            try:
                stream = super().connect_tcp(address, port, timeout=left, local_address=local_address)
            except httpcore.ConnectError:
                if address == addresses[-1]:
                    raise
            else:
                return _Ending(stream, deadline=self._deadline, most_bytes=self._most_bytes)
        raise httpcore.ConnectError("The name has no address.")


class _Ending(httpcore.NetworkStream):
    """A connection with an end: of its time and of the bytes that may come on it."""

    def __init__(self, stream: httpcore.NetworkStream, *, deadline: _Deadline, most_bytes: int) -> None:
        self._stream, self._deadline, self._bytes_left = stream, deadline, most_bytes

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, or wait for it until the deadline."""
        read = self._stream.read(max_bytes, timeout=self._deadline.left())
        self._bytes_left -= len(read)
        if self._bytes_left < 0:
            raise _TooLarge
        return read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send a request, which is small: it is taken at once or not at all."""
        self._stream.write(buffer, timeout=self._deadline.left())

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Shake hands before the deadline."""
        stream = self._stream.start_tls(ssl_context, server_hostname=server_hostname, timeout=self._deadline.left())
        return _Ending(stream, deadline=self._deadline, most_bytes=self._bytes_left)

    def get_extra_info(self, info: str) -> object:
        """Pass on what is asked of the connection."""
        return self._stream.get_extra_info(info)


@contextmanager
def _in_words(limits: Limits) -> Iterator[None]:
    """Turn what goes wrong into Unfetched."""
    try:
        yield
    except Forbidden as error:
        raise Unfetched(str(error)) from error
    except httpx.ConnectTimeout as error:
        raise Unfetched("No answer: the connection was not made in time.") from error
    except (httpx.TimeoutException, _TooSlow) as error:
        raise Unfetched(f"Not all of the answer came within {limits.seconds:g} s.") from error
    except (httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError) as error:
        if isinstance(error, _TooLarge) or isinstance(error.__cause__, _TooLarge):
            raise _too_large(limits) from error
        if isinstance(error, httpx.RemoteProtocolError):
            raise Unfetched("The answer broke off before its end, or is not HTTP.") from error
        raise Unfetched(f"No whole answer: {type(error).__name__}.") from error


def _bounded(pieces: Iterable[bytes], limits: Limits) -> Iterator[bytes]:
    come = 0
    for piece in pieces:
        come += len(piece)
        if come > limits.body_bytes:
            raise _too_large(limits)
        yield piece


def _too_large(limits: Limits) -> Unfetched:
    return Unfetched(f"What the address gives is larger than {max(1, limits.body_bytes // 1024**2)} MB.")


def _unpacked(pieces: Iterable[bytes], packing: str) -> Iterator[bytes]:
    """Take one layer off, a bounded piece at a time, of one or more members. Raises Unfetched unless it has its end."""
    if not packing:
        yield from pieces
        return
    layer = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        for piece in pieces:
            while piece:
                if layer.eof:
                    layer = zlib.decompressobj(zlib.MAX_WBITS | 32)
                yield layer.decompress(piece, PIECE_BYTES)
                piece = layer.unused_data or layer.unconsumed_tail
        while not layer.eof:
            rest = layer.decompress(b"", PIECE_BYTES)
            if not rest and not layer.eof:
                raise Unfetched("The answer broke off before its end: its packing has none.")
            yield rest
    except zlib.error as error:
        raise Unfetched("The answer is not packed as it says.") from error
