"""Becomes another program, tied to the process that started it. Run as a script: `tie.py PARENT SIGNAL IDENTITY ARGV…`.

A script of its own and not a `preexec_fn`, because Python code between fork and exec can deadlock when the parent has
threads. It imports nothing of the project, so it costs a few hundredths of a second.

PARENT is the process id of the launcher: on Linux the kernel sends us SIGNAL when it dies, however it dies. IDENTITY
says as whom the program runs: `self`; `namespace:UID:GID`, a user namespace in which we, root, have that uid
(PostgreSQL refuses uid 0; files stay ours, no account and no permission is touched); `account:UID:GID`, an existing
unprivileged account.
"""

from __future__ import annotations

import ctypes
import os
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def enter_namespace(uid: int, gid: int) -> None:
    """Move into a new user namespace where our present uid and gid are called `uid` and `gid`. OSError when refused."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are refused here")
    # user_namespaces(7): gid_map may be written by the process itself only after setgroups is denied.
    for name, text in (
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("setgroups", "deny"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def become(identity: str) -> None:
    """Take on the identity described in the module's docstring."""
    kind, *numbers = identity.split(":")
    if kind == "self":
        return
    uid, gid = int(numbers[0]), int(numbers[1])
    if kind == "namespace":
        enter_namespace(uid, gid)
        return
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main() -> None:
    """Take on the identity, tie, exec."""
    parent, signal_number, identity, argv = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    become(identity)
    if sys.platform == "linux":
        # After the identity: the kernel forgets the death signal when credentials change.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # it died before the tie was made
            sys.exit("the launcher is gone")
    os.execv(argv[0], argv)  # noqa: S606


if __name__ == "__main__":
    main()
