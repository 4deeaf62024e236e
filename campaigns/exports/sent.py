"""A file that leaves while it is written."""

from __future__ import annotations

import io
from typing import Any


class Sent(io.RawIOBase):
    """A file that keeps what is written to it until it is taken; nothing is read or written anew."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[bytes] = []
        self._size_bytes = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size_bytes

    def write(self, piece: Any) -> int:
        taken = bytes(piece)
        self._held.append(taken)
        self._size_bytes += len(taken)
        return len(taken)

    def taken(self) -> bytes:
        """Return what was written since it was asked before."""
        found, self._held = b"".join(self._held), []
        return found
