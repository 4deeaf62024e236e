"""Masks secrets in text: by what they are called, by where they stand, by their shape, and those we know. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

MASK = "***"
#: A shorter value is not looked for by itself: it would be found in ordinary words.
KNOWN_FROM_LENGTH = 8

_KEY_OF = "access|account|api|auth|client|encryption|hmac|license|master|private|secret|shared|signing"
_SECRET_NAME = re.compile(
    r"token|secret|passw(?:or)?d|passphrase|pwd|credential|authori[sz]ation|signature|cookie|csrf|session_?(?:id|key)"
    rf"|(?:{_KEY_OF})[-_ ]?keys?|recordings?[-_ ]?(?:url|link|file|path)|\A(?:key|auth|sig|pass|pin|otp)\Z",
    re.IGNORECASE,
)
_LONGEST_NAME = 64
# Between a name and its value: in headers, queries, dictionaries, keyword arguments, and tuples of quoted texts.
_SEPARATOR = re.compile(r"(?<![=!<>])=(?:>|(?!=))|:(?!//)|,")
_QUOTES_IN_HTML = ("&quot;", "&#x27;", "&#39;")
_LAST_WORD_REVERSED = re.compile(r"[\w-]+")
_VALUE = re.compile(
    r"(?P<before>\s{0,2}(?:\(?b(?=[\"']))?(?:(?P<open>\\*[\"']|&(?:quot|#x27|#39);)|(?P<bracket>[\[({]))?)"
    r"(?:(?(open)(?:(?!(?P=open))(?:\\.|[^\n]))+|(?(bracket)[^\])}\n]+|(?P<bare>"
    r"(?:bearer|basic|token|digest|api-?key)\s+[^\s\"',;)}\]]+"
    r"|(?!(?:none|true|false|null)\b|\*\*\*)(?:[^\s\"'&;,)\]}<>]|[,)\]}](?=\w))+))))",
    re.IGNORECASE,
)
_REST = re.compile(r"[^\n\"']*")
_SCHEME = re.compile(r"\b((?i:bearer|basic|digest|token)\s+)(?=[\w.~+/=-]*[A-Z0-9])[\w.~+/=-]{8,}")
_USER = re.compile(r"(?<=://)[^/\s@\"'?#]+@")
_QUERY = re.compile(r"(?<=://)([^\s?\"'<>\\]{1,2000})\?[^\s\"'<>\\]+")
_PUSH_PATH = re.compile(r"(/push/+[^/\s\"']{1,64}/+)[^/\s\"'?&<>\\]+")
_ROW = re.compile(r"(?<=Failing row contains \()(?!\*\*\*)[^\n]*")
_KEY = re.compile(r"Key \(([^)\n]{1,300})\)=\([^\n]{0,2000}?\)(?= |\.|\n|\Z)")
_LONG_WORD = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{24,}(?![\w-])={0,2}")
_FERNET = "gAAAAA"


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether a field of this name holds a secret."""
    return _SECRET_NAME.search(name) is not None


def spellings(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return known secrets as they may stand in text, the longest first; without those too short to be looked for."""
    found = {form for each in secrets if len(each) >= KNOWN_FROM_LENGTH for form in (each, quote(each, safe=""))}
    return tuple(sorted(found, key=len, reverse=True))


def mask_secrets(text: str, *, known: Iterable[str] = ()) -> str:
    """Return `text` without secrets; `known` are texts that are secrets wherever they stand."""
    for secret in known:
        if secret in text:
            text = text.replace(secret, MASK)
    if "://" in text:
        text = _QUERY.sub(rf"\1?{MASK}", _USER.sub(f"{MASK}@", text))
    if "/push/" in text:
        text = _PUSH_PATH.sub(rf"\1{MASK}", text)
    if "Failing row" in text:  # PostgreSQL's words on a row that breaks a constraint
        text = _ROW.sub(f"{MASK})", text)
    if "Key (" in text:
        text = _KEY.sub(_masked_key, text)
    text = _mask_named(text)
    lowered = text.lower()
    if any(scheme in lowered for scheme in ("bearer", "basic", "digest", "token")):
        text = _SCHEME.sub(rf"\1{MASK}", text)
    return _LONG_WORD.sub(_masked_word, text)


def _mask_named(text: str) -> str:
    pieces: list[str] = []
    done = 0
    for separator in _SEPARATOR.finditer(text):
        name = _name_before(text, separator) if separator.start() >= done else ""
        value = _VALUE.match(text, separator.end()) if is_secret_name(name) else None
        if value is not None:
            pieces += (text[done : value.end("before")], MASK)
            is_header = value["bare"] is not None and "cookie" in name.lower()
            done = _REST.match(text, value.end()).end() if is_header else value.end()  # type: ignore[union-attr]
    return "".join((*pieces, text[done:])) if pieces else text


def _name_before(text: str, separator: re.Match[str]) -> str:
    """Return the last word before a separator; none where a comma does not follow a quoted text."""
    start = separator.start()
    before = text[max(0, start - _LONGEST_NAME) : start].rstrip()
    if before.endswith(_QUOTES_IN_HTML):
        before = before[: before.rindex("&")] + "'"
    if separator[0] == "," and before[-1:] not in ("'", '"'):
        return ""
    word = _LAST_WORD_REVERSED.match(before.rstrip("\"'\\)]")[::-1])
    return word[0][::-1] if word is not None else ""


def _masked_key(match: re.Match[str]) -> str:
    is_secret = any(is_secret_name(name.strip()) for name in match[1].split(","))
    return f"Key ({match[1]})=({MASK})" if is_secret else match[0]


def _masked_word(match: re.Match[str]) -> str:
    """Mask what looks drawn at random: capitals, small letters and digits mixed, or a long hexadecimal number."""
    word = match[0]
    if word.startswith(_FERNET):
        return MASK
    digits = sum(map(str.isdigit, word))
    is_hexadecimal = len(word) >= 32 and digits and set(word) <= set("0123456789abcdefABCDEF") and digits < len(word)
    is_mixed = digits and word != word.lower() and word != word.upper()
    return MASK if is_hexadecimal or is_mixed else word
