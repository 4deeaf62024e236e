"""A web process over a database with a few rows, for programs that know no more than the OpenAPI document."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dialer.embedded.stack import HOST, Stack, free_port
from tests.benchmarks.arena import project


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where the web process is, the API key of a superuser, and where it logs."""

    url: str
    key: str
    logs: Path


@contextmanager
def web_process(*, name: str) -> Iterator[Asked]:
    """Have one for the time of a block. No worker runs, so nothing is dialed."""
    port = free_port()
    with project(name=name, PUBLIC_BASE_URL=f"http://{HOST}:{port}") as services:
        key = _rows()
        logs = Path(tempfile.mkdtemp(prefix=f"dialer-{name}-"))
        environment = {
            "ALLOWED_HOSTS": HOST,
            "DIALER_PUBLIC_API_DOCS": "true",
            # Without limits, which other tests are about.
            "DIALER_REQUESTS_PER_MINUTE": "0",
            "DIALER_WRONG_KEYS_PER_MINUTE": "0",
        }
        stack = Stack(services, port=port, log_dir=logs, threads=8, extra_env=environment)
        try:
            stack.start_one("web")
            stack.wait_ready("web")
            yield Asked(url=f"http://{HOST}:{port}", key=key, logs=logs)
        finally:
            stack.stop()


def _rows() -> str:
    """Make what an integrator has on his second day, and return his API key."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from dialer.keys.making import make_key
    from tests.api import made

    lead = made.lead(made.campaign(), number="+919812345678")
    made.attempt(lead)
    made.lead(made.campaign(state="PAUSED"), number="+919812345679")
    root = User.objects.create_superuser("root")
    return make_key(user_id=root.pk, name="fuzz", scopes=("admin",), expires_at=None, now=timezone.now())[1]
