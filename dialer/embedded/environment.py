"""Completes the environment that dialer/settings.py reads, for commands and tests run without any installation."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from dialer.embedded.locks import taken
from dialer.embedded.sharing import Services, services

SECRETS = ("SECRET_KEY", "DIALER_ENCRYPTION_KEYS")


@contextlib.contextmanager
def embedded_environment(*, data_dir: Path, durable: bool = True) -> Iterator[Services]:
    """Set DATABASE_URL, REDIS_URL and the secrets where they are unset, with servers that run during the block.

    Secrets are made up only when the database is ours: with a database of somebody else's they must be given, or what
    is encrypted there would be lost with this folder.
    """
    with services(data_dir=data_dir, durable=durable) as found:
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = found.database_url, found.redis_url
        if "postgres" in found.embedded:
            set_secrets(data_dir=data_dir)
        yield found


def set_secrets(*, data_dir: Path) -> None:
    """Set the secrets that are unset from `secrets.env`, which is made at the first time and readable by us only."""
    path = data_dir / "secrets.env"
    with taken(data_dir / "locks" / "secrets"):
        lines = path.read_text().splitlines() if path.exists() else []
        kept = dict(line.split("=", 1) for line in lines if "=" in line)
        missing = [name for name in SECRETS if name not in kept]
        if missing:
            import secrets

            kept |= {name: secrets.token_urlsafe(48) for name in missing}
            partial = path.with_suffix(".partial")
            partial.touch(mode=0o600)
            partial.write_text("".join(f"{name}={value}\n" for name, value in kept.items()))
            partial.replace(path)  # never half a file: losing the keys would lose what they encrypt
    for name in SECRETS:
        if not os.environ.get(name):
            os.environ[name] = kept[name]


def read_env_file(path: Path) -> None:
    """Set what a `.env` file says and the environment does not; nothing when there is no such file."""
    if path.exists():
        import environ

        environ.Env.read_env(path)
