"""A server that is no provider, for what an account may point to by mistake."""

from __future__ import annotations

import ssl
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any


class scripted:
    """A server that answers every request with one reply; status 0: with the bare bytes of ``body``.

    ``knows_parts``: it answers a Range header with the part that is asked for.
    """

    def __init__(
        self,
        *,
        status: int,
        body: bytes,
        tls: ssl.SSLContext | None = None,
        kind: str = "text/plain",
        knows_parts: bool = False,
    ) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if status == 0:
                    self.wfile.write(body)
                    return
                if knows_parts and "Range" in self.headers:
                    first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
                    part = body[int(first) : int(last or len(body)) + 1]
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}")
                    self.send_header("Content-Length", str(len(part)))
                    self.send_header("Content-Type", kind)
                    self.end_headers()
                    self.wfile.write(part)
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Type", kind)
                if 300 <= status < 400:
                    self.send_header("Location", "https://elsewhere.example/login")
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *arguments: Any) -> None:
                """Keep the test output quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "http" if tls is None else "https"

    def __enter__(self) -> str:
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
