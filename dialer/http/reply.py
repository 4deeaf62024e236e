"""Reads the bytes of one HTTP/1.1 reply, in any fragments."""

from __future__ import annotations

from typing import NamedTuple

import httptools
import httpx


class Reply(NamedTuple):
    """A whole reply as it came: header names and the body are not decoded."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class ReplyReader:
    """Turns fragments into one ``Reply``. The ``on_*`` methods are the parser's callbacks.

    ``keep_alive`` says whether the connection may carry another request once the reply is complete.
    """

    def __init__(self, *, limit_bytes: int, has_body: bool = True) -> None:
        self.reply: Reply | None = None
        self.keep_alive = False
        self._limit_bytes = limit_bytes
        self._has_body = has_body
        self._received_bytes = 0
        self._ends_with_connection = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._in_headers = True
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take a fragment. Raises RemoteProtocolError if it is not HTTP or if the reply grows past the limit."""
        self._received_bytes += len(data)
        if self._received_bytes > self._limit_bytes:
            raise httpx.RemoteProtocolError(f"reply larger than {self._limit_bytes} bytes")
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if self.reply is None:
                raise httpx.RemoteProtocolError("reply is not valid HTTP/1.1") from None
            self.keep_alive = False  # the reply is whole; what follows it is not ours to understand

    def finish(self) -> None:
        """The peer has ended the connection. Raises RemoteProtocolError if that cut the reply."""
        if self.reply is None and self._ends_with_connection:
            self.reply = Reply(self._parser.get_status_code(), self._headers, b"".join(self._body))
        if self.reply is None:
            when = "within the reply" if self._received_bytes else "before any reply"
            raise httpx.RemoteProtocolError(f"connection closed {when}")

    def on_message_begin(self) -> None:
        """A second message on our connection answers nothing we asked."""
        if self.reply is not None:
            self.keep_alive = False
        self._headers = []
        self._in_headers = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; the trailers of a chunked body are no headers."""
        if self._in_headers:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Find out what will end the body."""
        self._in_headers = False
        if self.reply is not None or self._parser.get_status_code() < 200:
            return
        if not self._has_body:
            self.reply = Reply(self._parser.get_status_code(), self._headers, b"")
            return
        framing = {b"content-length", b"transfer-encoding"}
        self._ends_with_connection = not any(name.lower() in framing for name, _ in self._headers)

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        """The reply is whole, unless it was an interim one (1xx), after which the real one follows."""
        status = self._parser.get_status_code()
        if self.reply is None and status >= 200:
            self.keep_alive = self._parser.should_keep_alive()
            self.reply = Reply(status, self._headers, b"".join(self._body))
