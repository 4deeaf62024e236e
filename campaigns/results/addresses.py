"""What providers send, as it leaves us: without the addresses at which somebody could hear a recording.

With such an address one can often listen without asking us: neither rights nor a log-in hold there. In its place
stands our own path, which asks both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

HIDDEN = "(address not shown)"

# Text is looked at word by word, so that the time grows with its length only.
_WORD = re.compile(r"""[^\s"'<>]+""")
# What follows a scheme; slashes as JSON and forms write them as well: https:\/\/ and https%3A%2F%2F.
_PLACE = re.compile(r"(?::|\\u003a|%(?:25){0,3}3a)(?:\\{0,4}/|\\u002f|%(?:25){0,3}2f){2}", re.I)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*\Z", re.I)
_LONGEST_SCHEME = 16
_SOUND = re.compile(r"\.(?:mp3|wav|ogg|oga|opus|m4a|mp4|aac|flac|gsm|webm|amr)\b", re.I)
_RECORDING = re.compile(r"record|audio|voice_?file|media|listen|playback", re.I)
_FORM = re.compile(r"[\w.%+\[\]-]+=[^=&\s]*(?:&[\w.%+\[\]-]+=[^=&\s]*)*")

#: Returns a value of a document by its name and itself.
Hide = Callable[[str, str], str]
#: Returns what is put in the place of an address; None: it stays.
Judge = Callable[[str], str | None]


def recording_path(attempt_id: int) -> str:
    """Return where those who may listen fetch the recording of a call."""
    return f"/api/v1/attempts/{attempt_id}/recording/"


def hidden_body(body: bytes, *, attempt_id: int | None) -> str:
    """Return the body of an event as text without addresses; a recording's is our path once its call is known."""
    text = body.decode("utf-8", "replace")
    ours = recording_path(attempt_id) if attempt_id else HIDDEN

    def hide(key: str, value: str) -> str:
        is_recording = bool(_RECORDING.search(key))
        put = ours if is_recording else HIDDEN
        is_path = is_recording and "/" in value and _WORD.fullmatch(value) is not None
        return put if is_path else _hidden(value, lambda _: put)

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

        def judge(address: str) -> str | None:
            is_there = bool(host) and host in address.lower()
            return ours if named or is_there or _SOUND.search(address) else None

        return _hidden(text.replace(recording_url, ours) if recording_url else text, judge)

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


def _hidden(text: str, judge: Judge) -> str:
    """Return a text with what ``judge`` puts in the place of each address and each name of a sound file."""
    return _WORD.sub(lambda word: _replaced(word[0], judge), text)


def _replaced(word: str, judge: Judge) -> str:
    place = _PLACE.search(word)
    if place is None:
        return (judge(word) or word) if _SOUND.search(word) else word
    scheme = _SCHEME.search(word[max(0, place.start() - _LONGEST_SCHEME) : place.start()])
    begin = place.start() - (len(scheme[0]) if scheme else 0)
    put = judge(word[begin:])
    return word if put is None else word[:begin] + put
