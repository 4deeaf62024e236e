"""The carrier starts with its options, says what is wrong with them, and shares nothing with what it judges."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest
from aiohttp.test_utils import make_mocked_request

from dialer.sandbox.carrier import Carrier
from dialer.sandbox.client import SandboxClient, SandboxError, running_carrier, wait_for
from dialer.sandbox.control import control

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "dialer.sandbox", "--port", "0"]


def read_port(path: Path) -> int | None:
    return int(path.read_text()) if path.exists() else None


#: By this nobody is judged: how lines are masked (a manager rehearses with numbers of real people), and which database
#: of time zones every process reads.
COMMON = ("dialer.logs", "dialer.numbering.masking", "dialer.numbering.clocks")


def test_it_imports_neither_django_nor_what_it_judges() -> None:
    program = "import sys, dialer.sandbox.__main__; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", program], cwd=ROOT, text=True).split()
    project = {name for name in modules if name.split(".")[0] in ("dialer", "campaigns", "webhooks")}
    others = {name for name in project if not name.startswith(("dialer.sandbox", *COMMON))}
    assert others == {"dialer", "dialer.numbering", "dialer.version"}
    assert not {"django", "celery", "httpx"} & set(modules)


def test_accounts_of_a_file_are_there_from_the_start(tmp_path: Path) -> None:
    accounts, port_file = tmp_path / "accounts.json", tmp_path / "port"
    accounts.write_text(json.dumps({"voxcore/acme": {"fleet_max": 7}}))
    command = [*COMMAND, "--accounts", str(accounts), "--port-file", str(port_file)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        port = wait_for(lambda: read_port(port_file))
        client = SandboxClient(f"http://127.0.0.1:{port}")
        assert client.accounts() == ["voxcore/acme"]
        assert client.settings("voxcore", "acme")["fleet_max"] == 7
        client.close()
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()


def test_the_command_starts_it_without_postgresql_or_redis(tmp_path: Path) -> None:
    port_file, said = tmp_path / "port", tmp_path / "said"
    command = [sys.executable, "manage.py", "sandbox", "--port", "0", "--port-file", str(port_file)]
    nothing = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=nothing, stdout=output, stderr=output)
    try:
        port = wait_for(lambda: read_port(port_file))
        assert httpx.get(f"http://127.0.0.1:{port}/_sandbox/accounts", trust_env=False).status_code == 200
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
    assert "embedded" not in said.read_text()


@pytest.mark.parametrize(
    ("accounts", "sentence"),
    [
        ('{"voxcore/acme": {"fleet": 7}}', "Unknown setting 'fleet'"),
        ('{"nophone/acme": {}}', "No dialect 'nophone'"),
        ("[]", "accounts file must be"),
        ("{", "sandbox:"),
    ],
)
def test_a_wrong_accounts_file_ends_it_with_a_message(tmp_path: Path, accounts: str, sentence: str) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(accounts)
    result = subprocess.run([*COMMAND, "--accounts", str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    command = [*COMMAND, "--stop-with-parent", "--port-file", str(port_file)]
    program = f"import subprocess; subprocess.run({command!r})"
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, start_new_session=True)
    try:
        port = wait_for(lambda: read_port(port_file))
        parent.kill()
        parent.wait()

        def gone() -> bool:
            try:
                httpx.get(f"http://127.0.0.1:{port}/_sandbox/accounts", trust_env=False)
            except httpx.ConnectError:
                return True
            except httpx.TransportError:  # it went while it answered: the next look tells
                return False
            return False

        assert wait_for(gone)
    except SandboxError:
        os.killpg(parent.pid, signal.SIGKILL)
        raise


def test_the_client_leaves_no_process_behind() -> None:
    with running_carrier() as client:
        process = client.process
        assert process is not None
        assert process.poll() is None
    assert process.poll() == 0


def test_the_control_api_answers_on_loopback_only() -> None:
    async def status(address: str) -> int:
        transport = Mock(get_extra_info=lambda name, default=None: (address, 4711) if name == "peername" else default)
        carrier = Carrier(time_factor=1.0, seed=1)
        request = make_mocked_request("GET", "/_sandbox/accounts", transport=transport)
        reply = await control(carrier, request, "/accounts")
        await carrier.pusher.close()
        return reply.status

    assert asyncio.run(status("10.0.0.5")) == 403
    assert asyncio.run(status("127.0.0.1")) == 200
    assert asyncio.run(status("::1")) == 200
