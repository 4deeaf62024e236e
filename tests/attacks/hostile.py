"""A server on loopback that answers as its script says: it drips, never ends, packs layers, breaks off."""

from __future__ import annotations

import contextlib
import gzip
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator

Script = Callable[[], Iterator[bytes]]

#: Between two bytes of one that drips: well below every deadline.
DRIP_SECONDS = 0.05
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\n"
CSV = b"phone,name\n+919812345670,Asha\n"


class Hostile:
    """Answers each request by the script, until its client leaves; ``open`` is how many it is answering."""

    def __init__(self, script: Script) -> None:
        self.asked = self.open = 0
        here = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                here.asked += 1
                here.open += 1
                with contextlib.suppress(OSError):
                    _read_request(self.request)
                    for piece in script():
                        self.request.sendall(piece)
                here.open -= 1

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


def _read_request(there: socket.socket) -> None:
    got = b""
    while b"\r\n\r\n" not in got:
        piece = there.recv(65536)
        if not piece:
            return
        got += piece


def dripped(start: bytes, drop: bytes) -> Script:
    """Give ``start``, and then ``drop`` again and again, slowly, without end."""

    def script() -> Iterator[bytes]:
        yield start
        while True:
            time.sleep(DRIP_SECONDS)
            yield drop

    return script


def endless(start: bytes, piece: bytes) -> Script:
    """Give ``start``, and then ``piece`` as fast as it is taken, without end."""

    def script() -> Iterator[bytes]:
        yield start
        while True:
            yield piece

    return script


def packed(body: bytes, said: str, layers: int) -> Script:
    """Give ``body`` in so many layers of gzip, under what is said of them."""

    def script() -> Iterator[bytes]:
        whole = body
        for _ in range(layers):
            whole = gzip.compress(whole, 1)
        yield HEAD + f"content-encoding: {said}\r\ncontent-length: {len(whole)}\r\n\r\n".encode() + whole

    return script


def plain(raw: bytes) -> Script:
    """Give these bytes and close."""
    return lambda: iter([raw])


BOMB = bytes(64 * 1024 * 1024)
#: What never ends, or not in time.
ENDLESS: dict[str, Script] = {
    "a status line that drips": dripped(b"HTTP/1.1 200 ", b"O"),
    "a header that drips": dripped(HEAD + b"x: ", b"y"),
    "headers that drip": dripped(HEAD, b"x: y\r\n"),
    "interim answers that drip": dripped(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "a body that drips": dripped(HEAD + b"content-length: 1000000\r\n\r\n", b"a"),
    "chunks that drip": dripped(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "a packed body that drips": dripped(HEAD + b"content-encoding: gzip\r\ncontent-length: 99999\r\n\r\n", b"\x1f"),
    "nothing": dripped(b"", b""),
    "headers without end": endless(HEAD, b"x: " + b"y" * 8000 + b"\r\n"),
    "a header without end": endless(HEAD + b"x: ", b"y" * 65536),
    "interim answers without end": endless(b"", b"HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n" * 500),
    "chunks without end": endless(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"10000\r\n" + b"a" * 65536 + b"\r\n"),
    "a length beyond all": endless(HEAD + b"content-length: 99999999999999\r\n\r\n", b"a" * 65536),
}
#: What ends, and is no whole answer, or one that is packed in a way that is not unpacked.
BROKEN: dict[str, Script] = {
    "a bomb": packed(BOMB, "gzip", 1),
    "gzip in gzip": packed(CSV, "gzip, gzip", 2),
    "a bomb in gzip": packed(BOMB, "gzip, gzip", 2),
    "gzip said in two lines": plain(
        HEAD + b"content-encoding: gzip\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx"
    ),
    "an unknown packing": packed(CSV, "zstd", 1),
    "not gzip at all": packed(CSV, "gzip", 0),
    "half of a gzip": plain(
        HEAD + b"content-encoding: gzip\r\ncontent-length: 30\r\n\r\n" + gzip.compress(CSV * 9)[:30]
    ),
    "a body cut short": plain(HEAD + b"content-length: 1000\r\n\r\n" + CSV),
    "chunks cut short": plain(HEAD + b"transfer-encoding: chunked\r\n\r\n1e\r\n" + CSV),
    "no end that could be told": plain(HEAD + b"\r\n" + CSV),
    "a redirect": plain(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n"),
}
