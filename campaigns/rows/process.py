"""The process that reads and judges chunks of a file, beside others. It ends when its standard input does.

It has no environment and imports nothing of Django. Standard input gives the plan, then chunks; standard output gets
what they are. Each message is two lengths of four bytes, JSON, and bytes.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
from dataclasses import fields
from typing import IO, Any

import orjson

from campaigns.rows.chunks import Plan, judged

_LENGTHS = struct.Struct(">II")
#: Far more than a chunk needs: a process that grows beyond it ends, and the import with it.
MOST_MEMORY_BYTES = 1024 * 1024 * 1024


def main() -> None:
    """Read chunks until there are no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(0, "rb") as asked, os.fdopen(1, "wb") as told:
        first = receive(asked)
        plan = Plan.from_json(first[1]) if first is not None else None
        while plan is not None and (message := receive(asked)) is not None:
            options, chunk = message
            found = judged(chunk.decode("utf-8", "replace"), plan, **options)
            facts = {one.name: getattr(found, one.name) for one in fields(found) if one.name != "copied"}
            send(told, facts, found.copied)
    sys.exit(0)


def send(to: IO[bytes], options: Any, content: bytes) -> None:
    """Write a message."""
    told = orjson.dumps(options)
    to.write(_LENGTHS.pack(len(told), len(content)))
    to.write(told)
    to.write(content)
    to.flush()


def receive(source: IO[bytes]) -> tuple[Any, bytes] | None:
    """Return the next message, None where there are no more. Raises EOFError for half of one."""
    lengths = source.read(_LENGTHS.size)
    if not lengths:
        return None
    if len(lengths) < _LENGTHS.size:
        raise EOFError
    told_bytes, content_bytes = _LENGTHS.unpack(lengths)
    told, content = source.read(told_bytes), source.read(content_bytes)
    if len(told) < told_bytes or len(content) < content_bytes:
        raise EOFError
    return orjson.loads(told), content
