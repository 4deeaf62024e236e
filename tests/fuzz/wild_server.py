"""A server that reads a request whole and answers with whatever bytes it was given, then closes."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


class WildServer:
    """``reply`` is what it answers from now on; ``bodies`` are what it was sent."""

    def __init__(self) -> None:
        self.reply = b""
        self.bodies: list[bytes] = []
        self.url = ""


@contextmanager
def wild_server() -> Iterator[WildServer]:
    """Listen on loopback for the time of a block."""
    wild = WildServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                line = self.rfile.readline()
                if not line:
                    return
                head += line
            length = _LENGTH.search(head)
            wild.bodies.append(self.rfile.read(int(length[1]) if length else 0))
            self.wfile.write(wild.reply)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        wild.url = f"http://127.0.0.1:{server.server_address[1]}/results"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield wild
        server.shutdown()
