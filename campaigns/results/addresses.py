"""What providers send, as it leaves us: without the addresses at which somebody could hear a recording.

Whoever has such an address can often listen without asking us: neither rights nor a log-in hold there. In its place
stands our own path, which asks both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

HIDDEN = "(address not shown)"

# Slashes as JSON and forms write them as well: https:\/\/ and https%3A%2F%2F.
_ADDRESS = re.compile(r"""[a-z][a-z0-9+.-]{1,15}(?::|%(?:25)*3a)(?:\\*/|%(?:25)*2f){2}[^\s"'<>&,;]+""", re.I)
_AUDIO = re.compile(r"""[^\s"'<>&=,;]+\.(?:mp3|wav|ogg|oga|opus|m4a|mp4|aac|flac|gsm|webm|amr)\b[^\s"'<>&,;]*""", re.I)
_RECORDING = re.compile(r"record|audio|voice_?file|media|listen|playback", re.I)
_FORM = re.compile(r"[\w.%+\[\]-]+=[^=&\s]*(?:&[\w.%+\[\]-]+=[^=&\s]*)*")

Hide = Callable[[str, str], str]


def recording_path(attempt_id: int) -> str:
    """Return where those who may listen fetch the recording of a call."""
    return f"/api/v1/attempts/{attempt_id}/recording/"


def hidden_body(body: bytes, *, attempt_id: int | None) -> str:
    """Return the body of an event as text without addresses; a recording's is our path once its call is known."""
    text = body.decode("utf-8", "replace")
    ours = recording_path(attempt_id) if attempt_id else HIDDEN

    def hide(key: str, value: str) -> str:
        put = ours if _RECORDING.search(key) else HIDDEN
        if put == ours and "/" in value and not any(mark.isspace() for mark in value):
            return put
        return _AUDIO.sub(lambda _: put, _ADDRESS.sub(lambda _: put, value))

    try:
        given = json.loads(text)
        shown = _walked(given, "", hide)
        return text if shown == given else json.dumps(shown, ensure_ascii=False)
    except (ValueError, RecursionError):
        pass
    if _FORM.fullmatch(text.strip()):
        pairs = parse_qsl(text.strip(), keep_blank_values=True)
        kept = [(key, hide(key, value)) for key, value in pairs]
        return text if kept == pairs else urlencode(kept)
    return hide("", text)


def hidden_facts(value: Any, *, attempt_id: int, recording_url: str) -> Any:
    """Return a transcript, an analysis or a detail of a call without the address of its recording.

    Hidden is what is that address, stands at its host, is a sound file, or is named as a recording; other addresses,
    e.g. a link that a bot read out, stay.
    """
    host, ours = urlsplit(recording_url).hostname or "", recording_path(attempt_id)

    def hide(key: str, text: str) -> str:
        named = bool(_RECORDING.search(key))

        def put(found: re.Match[str]) -> str:
            is_there = bool(host) and host in found[0].lower()
            return ours if named or is_there or _AUDIO.search(found[0]) else found[0]

        shown = _ADDRESS.sub(put, text.replace(recording_url, ours) if recording_url else text)
        return _AUDIO.sub(ours, shown)

    try:
        return _walked(value, "", hide)
    except RecursionError:
        return HIDDEN


def _walked(value: Any, key: str, hide: Hide) -> Any:
    if isinstance(value, str):
        return hide(key, value)
    if isinstance(value, list):
        return [_walked(one, key, hide) for one in value]
    if isinstance(value, dict):
        return {hide("", name): _walked(one, name, hide) for name, one in value.items()}
    return value
