"""A delimited file in chunks that end where a line ends, whatever its encoding; a line without an end is never held."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from campaigns.rows.delimited import MOST_CHARACTERS

#: About 2,000 rows: what they become is some megabytes in the memory of the process that judges them, and of that which
#: hands them on. Several chunks are under way at once.
CHUNK_BYTES = 128 * 1024
#: As many bytes as the characters of a line that is too long may have.
_MOST_LINE_BYTES = 4 * (MOST_CHARACTERS + 2)


def chunks(pieces: Iterable[bytes], *, encoding: str) -> Iterator[bytes]:
    """Give a file in UTF-8, without its mark, in chunks that end with a line."""
    held = bytearray()
    is_passing = False
    for piece in _in_utf8(pieces, encoding):
        for part in (piece[at : at + CHUNK_BYTES] for at in range(0, len(piece), CHUNK_BYTES)):
            rest = part
            if is_passing:
                end = _first_end(part)
                if end < 0:
                    continue
                rest, is_passing = part[end:], False
            held += rest
            end = _last_end(held)
            if end > 0 and len(held) >= CHUNK_BYTES:
                yield bytes(held[:end])
                del held[:end]
            elif end <= 0 and len(held) > _MOST_LINE_BYTES:
                # Its beginning is too long already: the rest says nothing more.
                del held[_MOST_LINE_BYTES:]
                is_passing = True
    if held:
        yield bytes(held)


def _in_utf8(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    if encoding == "utf-8":
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _last_end(held: bytes | bytearray) -> int:
    """Return behind which byte the last whole line ends, 0 where none does."""
    end = held.rfind(b"\n") + 1
    # Old files of the Mac: a carriage return alone, which must not be the first half of an end.
    return end or held.rfind(b"\r", 0, len(held) - 1) + 1


def _first_end(part: bytes) -> int:
    """Return where the first end of a line begins, -1 where there is none."""
    places = [place for place in (part.find(b"\n"), part.find(b"\r")) if place >= 0]
    return min(places, default=-1)
