"""The carrier as `manage.py run` starts it: it knows accounts old and new, and warns of nothing that is right."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import connection

from campaigns.rehearsing.carrying import wait_for_carrier
from dialer.accounts.sandbox import open_sandbox
from dialer.embedded.stack import free_port

START_SECONDS = 30.0


@pytest.mark.django_db(transaction=True)
def test_a_start_warns_of_nothing(settings: Any, tmp_path: Path) -> None:
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    url = f"{base.rsplit('/', 1)[0]}/{connection.settings_dict['NAME']}" + (f"?{query}" if query else "")
    port, log = free_port(), tmp_path / "sandbox.log"
    settings.DIALER_SANDBOX_URL = f"http://127.0.0.1:{port}"
    there_before = open_sandbox(provider="voxcore")
    with log.open("wb") as said:
        carrier = subprocess.Popen(
            [sys.executable, "manage.py", "sandbox_carrier", "--port", str(port)],
            cwd=project.BASE_DIR, env={**os.environ, "DATABASE_URL": url}, stdout=said, stderr=said,
        )  # fmt: skip
        try:
            wait_for_carrier(account=there_before, within_seconds=START_SECONDS)
            wait_for_carrier(account=open_sandbox(provider="altur"), within_seconds=START_SECONDS)
        finally:
            carrier.terminate()
            carrier.wait(START_SECONDS)
    assert "warning" not in log.read_text()
    assert "error" not in log.read_text().lower()
