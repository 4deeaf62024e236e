"""All blocks of the pages for integrators in one session, twice: ``python -m tests.walks.session`` prints what it said.

It runs against a whole installation of its own. Only the addresses are other ones than on the pages, as the ports of
these may be taken.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from dialer.embedded.stack import HOST, Stack, free_port
from dialer.sandbox.client import running_carrier
from tests.benchmarks.arena import project

PROJECT = Path(__file__).resolve().parents[2]
#: In the order in which somebody reads them: the later ones go on from what the walk of api.md has made.
PAGES = ("api", "failover", "webhooks", "jobs", "operating")
#: What is not run as it stands, by how it begins, and why.
NOT_RUN = {
    "make run": "the installation that is there",
    "export DIALER=": "shown with a key that is made up: run with ours",
    "python3 manage.py pull_logs": "needs an account whose provider has a log: webhooks/test_log_rereading.py",
    "git pull": "makes a server of the machine",
    "python3 manage.py check ": "about the settings of a deployment: dialer/checks/test_settings.py",
}
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: Printed before each block, so that what it said is told from the others.
MARK = "=== block "
#: What changes the machine that the test runs on is never run, listed above or not.
NEVER = re.compile(r"\b(?:docker|systemctl|sudo|git|apt-get)\b")
LONGEST_SECONDS = 480


def blocks(page: str) -> list[str]:
    """Return the blocks of a page that are for a shell."""
    return BLOCK.findall((PROJECT / "docs" / f"{page}.md").read_text())


def is_run(block: str) -> bool:
    """Return whether a block is run."""
    return not block.startswith(tuple(NOT_RUN)) and NEVER.search(block) is None


def script(*, key: str) -> str:
    """Return all blocks as one session, twice, with our key."""
    found = [(page, block) for page in PAGES for block in blocks(page)]
    setting = next(block for _, block in found if block.startswith("export DIALER=")).replace("KEY=…", f"KEY={key}")
    run = [(page, block) for page, block in found if is_run(block)]
    parts = ["set -u\n", setting]
    for time in (1, 2):
        for number, (page, block) in enumerate(run, 1):
            parts.append(f"printf '\\n{MARK}{page} {number}, time {time}\\n'\n{block}\n")
    return "".join(parts)


def _key() -> str:
    """Make what `first_admin` makes, and return the key."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from dialer.keys.making import make_key

    admin = User.objects.create_superuser("admin")
    return make_key(user_id=admin.pk, name="walk", scopes=("admin",), expires_at=None, now=timezone.now())[1]


def main() -> None:
    """Run the session and print its output, its errors and its exit code as JSON."""
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archives = folder / "archives"
        archives.mkdir()
        (folder / "manage.py").symlink_to(PROJECT / "manage.py")
        given = {"DIALER_IMPORT_FOLDER": name, "DIALER_ARCHIVE_FOLDER": str(archives)}
        with project(name="blocks", PUBLIC_BASE_URL=f"http://{HOST}:{port}", **given) as services:
            extra = {"DIALER_ALLOW_PRIVATE_ADDRESSES": "true"}
            with (
                running_carrier(time_factor=20) as carrier,
                Stack(services, port=port, log_dir=folder, extra_env=extra),
            ):
                text = script(key=_key()).replace("127.0.0.1:8000", f"{HOST}:{port}")
                text = text.replace("http://127.0.0.1:8765", carrier.url)
                path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
                done = subprocess.run(
                    ["bash", "-c", text],
                    cwd=folder,
                    env={**os.environ, "REDIS_URL": services.redis_url, "PATH": path},
                    capture_output=True,
                    text=True,
                    timeout=LONGEST_SECONDS,
                    check=False,
                )
    print(json.dumps({"out": done.stdout, "err": done.stderr, "code": done.returncode}))


if __name__ == "__main__":
    main()
