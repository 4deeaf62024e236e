"""As whom PostgreSQL runs, which refuses to run as root, and where its files may then be."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from dialer.embedded.spawning import TIE

# Libraries that few need are imported where they are: a keeper is there for as long as its server.
# A Unix socket's whole path fits into 107 bytes (103 on macOS); PostgreSQL adds "/.s.PGSQL.5432.lock" to the folder.
SOCKET_FOLDER_MAX_BYTES = 103 - len("/.s.PGSQL.5432.lock")


class Identity(NamedTuple):
    """`tie` is the argument of `tie.py`; `owner` the uid and gid that must own the files, None when that is us."""

    tie: str
    owner: tuple[int, int] | None = None

    def give(self, path: Path) -> None:
        """Make the identity the owner of a path; nothing to do for our own."""
        if self.owner is not None:
            os.chown(path, *self.owner)

    def can_read(self, *paths: Path) -> bool:
        """Return whether the identity may enter every folder on the way to the paths and read them."""
        if self.tie == "self":
            return True
        test = 'for path do [ -r "$path" ] && [ -x "$path" ] || exit 1; done'
        return _succeeds(self.tie, ["/bin/sh", "-c", test, "sh", *map(str, paths)])


def unprivileged_identity(*, allow_namespace: bool = True) -> Identity:
    """Return who PostgreSQL can run as: we ourselves; for root a user namespace or, where refused, an existing account.

    Makes no account and touches no permission. Raises RuntimeError when root finds no account at all.
    """
    if os.geteuid() != 0:
        return Identity("self")
    account = _account()
    namespace = f"namespace:{account.pw_uid}:{account.pw_gid}"
    if allow_namespace and sys.platform == "linux" and _succeeds(namespace, ["/bin/sh", "-c", ":"]):
        return Identity(namespace)
    return Identity(f"account:{account.pw_uid}:{account.pw_gid}", (account.pw_uid, account.pw_gid))


def reachable_data_dir(identity: Identity, wanted: Path) -> Path:
    """Return `wanted`, or a stable private folder in /var/tmp when a folder on the way is closed to the identity."""
    wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
    identity.give(wanted)
    if identity.can_read(wanted):
        return wanted
    return private_folder(Path("/var/tmp"), of=wanted, identity=identity)  # noqa: S108 (checked to be ours)


def reachable_binaries(identity: Identity, installed: Path, data_dir: Path) -> Path:
    """Return the package folder `installed`, or a copy in `data_dir` when the identity cannot read it where it is."""
    if identity.can_read(installed):
        return installed
    import shutil

    copy = data_dir / "software" / installed.name
    libraries = installed.with_name(f"{installed.name}.libs")  # found by the programs relative to their own place
    for source in (installed, libraries):
        target = copy.with_name(source.name)
        if source.exists() and not target.exists():
            partial = target.with_name(f"{target.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(source, partial)
            partial.rename(target)
    return copy


def socket_folder(identity: Identity, wanted: Path) -> Path:
    """Return a folder only we can enter, whose path is short enough for a Unix socket; `wanted` when it is."""
    if len(os.fsencode(wanted)) > SOCKET_FOLDER_MAX_BYTES:
        import tempfile

        return private_folder(Path(tempfile.gettempdir()), of=wanted, identity=identity)
    wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted.chmod(0o700)
    identity.give(wanted)
    return wanted


def private_folder(parent: Path, *, of: Path, identity: Identity) -> Path:
    """Return a folder in a place like /tmp, always the same for `of`. PermissionError when somebody else made it."""
    import hashlib

    digest = hashlib.sha256(os.fsencode(of)).hexdigest()[:12]
    folder = parent / f"dialer-{os.geteuid()}-{digest}"
    owner = identity.owner[0] if identity.owner else os.geteuid()
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid == os.geteuid():
        identity.give(folder)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
        raise PermissionError(f"{folder} belongs to somebody else or is open to others: remove it")
    return folder


def _account() -> pwd.struct_passwd:
    """Return an account that exists: initdb looks its own uid up by name, in a namespace too."""
    accounts = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in ("postgres", "nobody", *accounts):
        if name in accounts:
            return accounts[name]
    raise RuntimeError("PostgreSQL refuses to run as root, and there is no other account: run this as an ordinary user")


def _succeeds(tie: str, argv: list[str]) -> bool:
    script = [sys.executable, "-I", "-S", str(TIE), str(os.getpid()), "9", tie, *argv]
    return subprocess.run(script, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0  # noqa: S603
