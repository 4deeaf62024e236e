"""HTTP replies, good and broken ones."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

JSON_HEADERS = {"Content-Type": "application/json"}

#: What a reply may be instead of what the documents define. All come with a 200 but the redirect.
GARBAGE_KINDS = ("html", "truncated", "wrong_types", "huge", "redirect")

#: A second of silence: 8 kHz, 16 bit, one channel.
RECORDING = (
    b"RIFF\xa4\x3e\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00"
    b"data\x80\x3e\x00\x00" + bytes(16000)
)

#: A frame of silence: MPEG 1, layer III, 128 kbit/s, 44.1 kHz.
MP3 = b"\xff\xfb\x90\x00" + bytes(413)


def json_reply(body: Any, status: int = 200) -> web.Response:
    """Return ``body`` as a JSON reply."""
    return web.Response(body=orjson.dumps(body), status=status, headers=JSON_HEADERS)


def garbage_reply(kind: str) -> web.Response:
    """Return a reply that no document defines; the kinds are ``GARBAGE_KINDS``."""
    if kind == "html":
        return web.Response(text="<html><body><h1>Welcome</h1></body></html>", content_type="text/html")
    if kind == "truncated":
        return web.Response(body=b'{"status": "ok", "call_', headers=JSON_HEADERS)
    if kind == "wrong_types":
        return json_reply({"status": 1, "call_id": [{"id": None}], "id": [], "message": {}, "success": "perhaps"})
    if kind == "huge":
        return web.Response(body=b'{"padding": "' + b"x" * 1_000_000 + b'"}', headers=JSON_HEADERS)
    if kind == "redirect":
        return web.Response(status=302, headers={"Location": "/elsewhere"})
    raise ValueError(f"no such kind of garbage: {kind}")
