"""docs/deploy.md, the Debian machine: its blocks are pasted in their order, and then the installation answers."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.embedded.postgres import USER, PostgresServer
from dialer.embedded.stack import free_port
from dialer.embedded.valkey import _program as valkey_program
from dialer.sandbox.client import wait_for
from dialer.version import VERSION
from tests.sources import PROJECT
from tests.walks.machine import end_all, stand_ins

#: Half a minute of processes that start: `make walk`.
pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="a clone is made of a repository"),
]
PAGE = (PROJECT / "docs/deploy.md").read_text()
MARK = "=== block "
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE.partition("## Docker")[0], re.M | re.S)
#: What is not pasted here, by how it begins, and why.
NOT_PASTED = {
    "export HOST=": "what the machine is called: said below",
    "python3 -m venv": "takes a minute; the environment of the tests has the same packages (tests/test_deployment.py)",
    "git -C /opt/dialer pull": "the same again, for the next version",
}


class Machine:
    """What the page made: its root, its ports, and what the pasted blocks said."""

    def __init__(self, root: Path, *, socket_dir: Path) -> None:
        self.root = root
        self.socket_dir = socket_dir
        self.web, self.inbox, self.redis, self.carrier = (free_port() for _ in range(4))
        self.said: dict[str, str] = {}

    @property
    def changes(self) -> dict[str, str]:
        """What the page says, and what stands for it here: folders, ports, and names that nobody else has."""
        folders = {old: f"{self.root}{old}" for old in ("/opt/dialer", "/etc/", "/usr/local/bin")}
        database = f"walk:$database_password@/walk?host={self.socket_dir}"
        return folders | {
            "dialer:$database_password@127.0.0.1:5432/dialer": database,
            "ROLE dialer ": "ROLE walk ",
            "DATABASE dialer OWNER dialer": "DATABASE walk OWNER walk",
            ":6379": f":{self.redis}",
            ":8000": f":{self.web}",
            ":8001": f":{self.inbox}",
            "--port 8000": f"--port {self.web}",
            "--port 8001": f"--port {self.inbox}",
            "sandbox_carrier --host 127.0.0.1": f"sandbox_carrier --host 127.0.0.1 --port {self.carrier}",
        }

    def here(self, text: str) -> str:
        """Return what the page says as it is pasted here."""
        for old, new in self.changes.items():
            text = text.replace(old, new)
        return text

    def asked(self, path: str, *, port: int = 0, **headers: str) -> str:
        """Return what a server answers, the web server unless ``port`` says another."""
        url = f"http://127.0.0.1:{port or self.web}{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with urllib.request.urlopen(urllib.request.Request(url, headers=named), timeout=10) as reply:
            return str(reply.read().decode())

    def setting(self, name: str) -> str:
        """Return a variable of the environment file that the page made."""
        lines = (self.root / "etc/dialer/environment").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)[name]

    def logs(self) -> str:
        """Return what all processes wrote."""
        return "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in sorted(self.root.glob("*.log")))


def script(machine: Machine) -> str:
    """Return the session. What the clone has by file is changed like what the page says."""
    sed = " ".join(f"-e {shlex.quote(f's|{old}|{new}|g')}" for old, new in machine.changes.items())
    parts = ["set -eu\n"]
    for number, block in enumerate(BLOCKS):
        if block.startswith(tuple(NOT_PASTED)):
            continue
        parts.append(f"echo '{MARK}{number}'\n{machine.here(block)}")
        if block.startswith("git clone"):
            clone = f"{machine.root}/opt/dialer"
            parts.append(
                f"ln -s {sys.prefix} {clone}/.venv\nsed -i {sed} {clone}/deploy/systemd/* {clone}/deploy/dialer.sh\n"
            )
        if "enable --now" in block:
            for port in (machine.web, machine.inbox):
                health = f"http://127.0.0.1:{port}/api/v1/health/"
                parts.append(f"timeout 60 sh -c 'until curl -sf {health} >/dev/null; do sleep 0.2; done'\n")
    return "\n".join(parts)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a machine on which the page was pasted."""
    root = tmp_path_factory.mktemp("machine")
    server = PostgresServer(data_dir=root / "data", durable=False)
    server.start()
    made = Machine(root, socket_dir=server.socket_dir)
    stand_ins(root / "usr/local/bin")
    for folder in ("etc/redis", "etc/systemd/system", "etc/nginx/sites-available", "etc/nginx/sites-enabled", "opt"):
        (root / folder).mkdir(parents=True)
    (root / "etc/redis/redis.conf").write_text(f"port {made.redis}\nbind 127.0.0.1\n")
    env = {
        "PATH": f"{root}/usr/local/bin:/usr/bin:/bin:{server.programs}",
        "HOME": str(root),
        "HOST": "dialer.example.com",
        "REPOSITORY": str(PROJECT),
        "MACHINE": str(root),
        "VALKEY": str(valkey_program()),
        "PGHOST": str(server.socket_dir),
        "PGUSER": USER,
        "DIALER_SANDBOX_URL": f"http://127.0.0.1:{made.carrier}",
    }
    try:
        done = subprocess.run(
            ["bash", "-c", script(made)], cwd=root, env=env, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}\n{made.logs()}"
        parts = [part.partition("\n") for part in done.stdout.split(MARK)[1:]]
        made.said = {BLOCKS[int(number)]: text for number, _, text in parts}
        yield made
    finally:
        end_all(root)
        server.stop()


def test_every_block_is_pasted_or_says_why_not(machine: Machine) -> None:
    assert len(machine.said) + len(NOT_PASTED) == len(BLOCKS) > 10
    assert all(any(block.startswith(begin) for block in BLOCKS) for begin in NOT_PASTED)


def test_what_the_page_asks_at_the_end_is_answered_as_it_says(machine: Machine) -> None:
    (answers,) = [text for block, text in machine.said.items() if block.startswith("curl")]
    assert answers.count(f'"version":"{VERSION}"') == 2
    assert '"ready":true' in answers
    assert "System check identified no issues" in answers
    (first,) = [text for block, text in machine.said.items() if "first_admin" in block]
    assert re.search(r"^user: admin\npassword: \S+\nkey: \S+$", first, re.M)


def test_pages_are_served_behind_tls_and_pushes_by_the_inbox(machine: Machine) -> None:
    page = machine.asked("/admin/login/", Host="dialer.example.com", X_Forwarded_Proto="https")
    style = re.findall(r'href="(/static/dialer/[^"]+\.css)"', page)[0]
    assert machine.asked(style, Host="dialer.example.com", X_Forwarded_Proto="https")
    with pytest.raises(urllib.error.HTTPError) as refused:
        machine.asked(f"/push/{uuid.uuid4()}/nobody/", port=machine.inbox, Host="dialer.example.com")
    assert refused.value.code in {403, 405}


def test_worker_and_beat_are_at_work(machine: Machine) -> None:
    token = machine.setting("DIALER_METRICS_TOKEN")

    def figure(name: str) -> float:
        told = machine.asked("/metrics", Authorization=f"Bearer {token}")
        # Beat writes down that it lives some seconds after its start: until then there is no such figure.
        return float(
            dict(line.rsplit(" ", 1) for line in told.splitlines() if not line.startswith("#")).get(name, "inf")
        )

    wait_for(lambda: figure("dialer_worker_age_seconds") < 10, within_seconds=60)
    wait_for(lambda: figure("dialer_beat_age_seconds") < 30, within_seconds=60)
    assert socket.create_connection(("127.0.0.1", machine.carrier), timeout=5)


def test_secrets_are_read_by_nobody_else(machine: Machine) -> None:
    assert (machine.root / "etc/dialer/environment").stat().st_mode & 0o777 == 0o640
    assert (machine.root / "etc/dialer").stat().st_mode & 0o777 == 0o750
    secrets = [machine.setting(name) for name in ("SECRET_KEY", "DIALER_ENCRYPTION_KEYS", "DIALER_METRICS_TOKEN")]
    assert len({len(secret) for secret in secrets}) == 1
    assert len(set(secrets)) == 3
