"""A subscriber's server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # All that a subscriber is sent at one time: one that does not fit waits a second for TCP to try again.
    request_queue_size = 128


class Receiver:
    """What came, and what is answered: ``status``, or what ``answer`` makes of a body; ``headers``, ``reply``."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.methods: list[str] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.reply = b""
        self.answer: Callable[[bytes], int] = lambda _: self.status
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.methods.append(self.command)
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answer(body))
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
                for header, value in receiver.headers.items():
                    self.send_header(header, value)
                self.send_header("content-length", str(len(receiver.reply)))
                self.end_headers()
                self.wfile.write(receiver.reply)

            do_PUT = do_PATCH = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self.server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}/results"

    def close(self) -> None:
        """Listen no more."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A subscriber's server, which may be reached."""
    settings.DIALER_ALLOW_PRIVATE_ADDRESSES = True
    made = Receiver()
    yield made
    made.close()
