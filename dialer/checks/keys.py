"""Whether the keys of the installation can be guessed."""

from __future__ import annotations

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from dialer.checks.running import of_settings

#: Below these a key can be guessed. A key as the hint makes it has 64 characters, about 40 of them different.
SHORTEST_KEY = 32
FEWEST_CHARACTERS = 10
MAKE_ONE = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


def is_weak(key: str) -> bool:
    """Return whether a key is too short, or made of few characters."""
    return len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS


@of_settings
def secret_key_is_long() -> list[CheckMessage]:
    """SECRET_KEY signs sessions: who guesses it logs in as anybody."""
    if not is_weak(settings.SECRET_KEY):
        return []
    text = f"SECRET_KEY has fewer than {SHORTEST_KEY} characters or hardly any different ones, so it can be guessed."
    return [Warning(text, hint=f"{MAKE_ONE} Everybody has to log in again after the change.", id="dialer.W006")]


@of_settings
def encryption_keys_are_long() -> list[CheckMessage]:
    """The first key encrypts all providers' credentials, the others still decrypt some."""
    weak = [place for place, key in enumerate(settings.DIALER_ENCRYPTION_KEYS, start=1) if is_weak(key)]
    if not weak:
        return []
    text = (
        f"Of DIALER_ENCRYPTION_KEYS number {', '.join(map(str, weak))} can be guessed (fewer than {SHORTEST_KEY} "
        "characters, or hardly any different ones); with a stolen backup the providers' credentials could be read."
    )
    hint = f"{MAKE_ONE} Put it first and leave the others behind it: they are needed to read what they have written."
    return [Warning(text, hint=hint, id="dialer.W007")]


@of_settings
def keys_are_different() -> list[CheckMessage]:
    """One leak must not be two."""
    if settings.SECRET_KEY not in settings.DIALER_ENCRYPTION_KEYS:
        return []
    text = "SECRET_KEY is an encryption key as well: who learns one can sign sessions and read the credentials."
    return [Warning(text, hint=f"Give SECRET_KEY a value of its own. {MAKE_ONE}", id="dialer.W008")]
