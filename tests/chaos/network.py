"""Machines with an address each: network namespaces of Linux on one bridge, whose cables can be pulled.

The servers are where we are, at the bridge's address; each machine has a worker. What is left of a run that was killed
is removed by the next.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from dialer.embedded.postgres import DATABASE, USER, PostgresServer

_OURS = re.compile(r"\bdl(\d+)b\b")


def ip(*words: str) -> str:
    """Run the program of this name. Raises CalledProcessError."""
    done = subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
    return done.stdout


def reason_against() -> str:
    """Return why there can be no machines here, empty where there can."""
    if not (shutil.which("ip") and shutil.which("nsenter")):
        return "ip and nsenter (iproute2, util-linux) are not installed"
    name = f"dl{os.getpid()}t"
    try:
        ip("netns", "add", name)
        try:
            ip("link", "add", f"{name}0", "type", "veth", "peer", "name", "eth0", "netns", name)
        finally:
            ip("netns", "delete", name)
    except subprocess.CalledProcessError as error:
        return f"network namespaces need root and the kernel's veth: {error.stderr.strip()}"
    return ""


class Network:
    """The bridge and its machines, numbered from 1."""

    def __init__(self, *, machines: int) -> None:
        pid = os.getpid()
        self._tag = f"dl{pid}"
        self._prefix = f"10.{128 + pid % 100}.{pid // 100 % 250}"
        self.address = f"{self._prefix}.1"
        self.around = f"{self._prefix}.0/24"
        self.machines = range(1, machines + 1)

    @contextlib.contextmanager
    def up(self) -> Iterator[Network]:
        """Build it, and take it away again."""
        _clear()
        bridge = f"{self._tag}b"
        try:
            ip("link", "add", bridge, "type", "bridge", "forward_delay", "0")
            ip("address", "add", f"{self.address}/24", "dev", bridge)
            ip("link", "set", bridge, "up")
            for machine in self.machines:
                self._build(machine, bridge)
            yield self
        finally:
            _remove(self._tag)

    def argv(self, machine: int, *words: str) -> list[str]:
        """Return the command that runs ``words`` on a machine."""
        return ["nsenter", f"--net=/run/netns/{self._tag}m{machine}", *words]

    def cut(self, *machines: int) -> None:
        """Pull the cables of machines: nothing leaves and nothing arrives, and no side is told."""
        for machine in machines:
            ip("link", "set", f"{self._tag}v{machine}", "down")

    def join(self, *machines: int) -> None:
        """Plug the cables in again."""
        for machine in machines:
            ip("link", "set", f"{self._tag}v{machine}", "up")

    def _build(self, machine: int, bridge: str) -> None:
        name, cable = f"{self._tag}m{machine}", f"{self._tag}v{machine}"
        ip("netns", "add", name)
        ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", cable, "master", bridge, "up")
        ip("-netns", name, "address", "add", f"{self._prefix}.{10 + machine}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            ip("-netns", name, "link", "set", device, "up")


def _clear() -> None:
    """Remove the networks of processes that are gone."""
    for pid in set(_OURS.findall(ip("-brief", "link"))):
        if not Path(f"/proc/{pid}").exists():
            _remove(f"dl{pid}")


def _remove(tag: str) -> None:
    for line in ip("netns", "list").splitlines():
        if line.startswith(f"{tag}m"):
            ip("netns", "delete", line.split()[0])
    with contextlib.suppress(subprocess.CalledProcessError):
        ip("link", "delete", f"{tag}b")


class NetworkPostgres(PostgresServer):
    """A PostgreSQL that machines reach; trusts all of the bridge."""

    def __init__(self, network: Network, *, data_dir: Path) -> None:
        super().__init__(data_dir=data_dir, durable=False)
        self._network = network

    @property
    def url(self) -> str:
        """The database's URL over the network."""
        return f"postgresql://{USER}@{self._network.address}:5432/{DATABASE}"

    def _options(self) -> list[str]:
        return [*super()._options(), "-c", f"listen_addresses={self._network.address}"]

    def _make_cluster(self) -> None:
        is_new = not self.cluster.exists()
        super()._make_cluster()
        if is_new:
            with (self.cluster / "pg_hba.conf").open("a") as file:
                file.write(f"\nhost all all {self._network.around} trust\n")
