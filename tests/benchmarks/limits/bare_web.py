"""An application that answers 200 when it has read the request, and nothing else."""

from __future__ import annotations

from typing import Any

_BEGIN = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_END = {"type": "http.response.body", "body": b""}


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one request."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send(_BEGIN)
    await send(_END)
