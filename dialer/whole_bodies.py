"""A body that breaks off is no body: the reader of a request is told so, and never given the beginning for the whole.

The server below us ends a body that its sender broke off like any other, and Django takes what has come, be it a form
without its last boundary: a number cut short is another person.
"""

from __future__ import annotations

from io import IOBase
from typing import Any

from django.http import HttpRequest

#: In which the last boundary of a form stands, in bytes; nothing has a use for more behind it.
_TAIL_BYTES = 4 * 1024


class BrokenOff(OSError):
    """The body ended before its Content-Length, or a form before its last boundary. Django: UnreadablePostError."""


def demand_whole_body(request: HttpRequest) -> None:
    """Let reading the request's body raise where it is not whole. For a body with a Content-Length, still unread."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    stream: Any = getattr(request, "_stream", None)
    if length > 0 and stream is not None:
        boundary = str((request.content_params or {}).get("boundary", ""))
        is_form = request.content_type == "multipart/form-data" and boundary
        ending = f"--{boundary}--".encode() if is_form else b""
        request.__dict__["_stream"] = _Whole(stream, length=length, ending=ending)


class _Whole(IOBase):
    def __init__(self, stream: Any, *, length: int, ending: bytes) -> None:
        self._stream, self._left, self._ending, self._tail = stream, length, ending, b""

    def read(self, size: int = -1, /) -> bytes:
        """Return bytes as the stream gives them. Raises BrokenOff."""
        piece: bytes = self._stream.read(size)
        return self._seen(piece, is_end=size is None or size < 0 or (size > 0 and not piece))

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return a line as the stream gives it. Raises BrokenOff."""
        line: bytes = self._stream.readline(size)
        return self._seen(line, is_end=not line and size != 0)

    def _seen(self, piece: bytes, *, is_end: bool) -> bytes:
        self._left -= len(piece)
        if is_end and self._left > 0:
            raise BrokenOff("The body ended before its Content-Length.")
        if self._ending and piece:
            self._tail = (self._tail + piece[-_TAIL_BYTES:])[-_TAIL_BYTES:]
            if self._left <= 0 and self._ending not in self._tail:
                raise BrokenOff("The form ended before its last boundary.")
        return piece
