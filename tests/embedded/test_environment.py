"""What manage.py completes in the environment, and what it leaves alone."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dialer.embedded.environment import SECRETS, read_env_file, set_secrets
from manage import needs_services
from tests.embedded.conftest import ENVIRONMENT, PROJECT


def _secrets(data_dir: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> dict[str, str]:
    for name in SECRETS:
        monkeypatch.setenv(name, given.get(name, ""))
    set_secrets(data_dir=data_dir)
    return {name: os.environ[name] for name in SECRETS}


def test_secrets_are_made_once_and_only_we_can_read_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _secrets(tmp_path, monkeypatch, {})
    assert all(len(value) >= 50 for value in first.values())
    assert len(set(first.values())) == len(SECRETS)
    assert _secrets(tmp_path, monkeypatch, {}) == first
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_given_secrets_win_and_are_not_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _secrets(tmp_path, monkeypatch, {"SECRET_KEY": "given"})["SECRET_KEY"] == "given"
    assert "given" not in (tmp_path / "secrets.env").read_text()


def test_the_env_file_completes_but_never_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=DEBUG\nPUBLIC_BASE_URL=https://dialer.example.com\n")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    monkeypatch.setenv("PUBLIC_BASE_URL", "")
    monkeypatch.delenv("PUBLIC_BASE_URL")
    read_env_file(tmp_path / ".env")
    assert (os.environ["LOG_LEVEL"], os.environ["PUBLIC_BASE_URL"]) == ("ERROR", "https://dialer.example.com")


def test_only_commands_that_need_servers_ask_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    need = [["shell", "--command", "pass"], ["migrate"], ["check", "--database", "default"]]
    need_not = [[], ["check"], ["migrate", "--help"], ["--version"], ["spectacular"]]
    assert [needs_services(arguments) for arguments in need + need_not] == [True] * len(need) + [False] * len(need_not)
    monkeypatch.setenv("DATABASE_URL", "postgresql://given/one")
    assert needs_services(["migrate"])
    monkeypatch.setenv("REDIS_URL", "redis://given")
    assert not needs_services(["migrate"])


@pytest.mark.parametrize(("arguments", "starts"), [(["check", "--database", "default"], True), (["check"], False)])
def test_they_are_started_where_they_are_needed_and_that_is_said(arguments: list[str], starts: bool) -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert bool(re.search("^manage.py: using embedded postgres and valkey in ", result.stderr, re.M)) is starts
