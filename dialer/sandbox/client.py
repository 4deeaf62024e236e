"""A client of the sandbox carrier's control API, and a way to run a carrier for a while: tests, demo, benchmarks."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

START_SECONDS = 20.0
STOP_SECONDS = 5.0

T = TypeVar("T")


class SandboxError(RuntimeError):
    """The carrier did not start, refused what was asked, or a condition did not come true in time."""


class SandboxClient:
    """Speaks to a running carrier. Instants are Unix time, durations real seconds."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(base_url=f"{self.url}/_sandbox", timeout=60.0, trust_env=False)

    def close(self) -> None:
        """Close the connection; the carrier goes on."""
        self._http.close()

    def base_url(self, slug: str, account: str) -> str:
        """Return the base URL of an account's API."""
        return f"{self.url}/{slug}/{account}"

    def configure(self, slug: str, account: str, **settings: Any) -> dict[str, Any]:
        """Create an account, or set it anew (settings not given go back to defaults); return all its settings."""
        return self._object("PUT", f"/accounts/{slug}/{account}", settings)

    def change(self, slug: str, account: str, **settings: Any) -> dict[str, Any]:
        """Change some settings of an account and return all of them."""
        return self._object("PATCH", f"/accounts/{slug}/{account}", settings)

    def settings(self, slug: str, account: str) -> dict[str, Any]:
        """Return the settings of an account."""
        return self._object("GET", f"/accounts/{slug}/{account}")

    def accounts(self) -> list[str]:
        """Return the keys ``<slug>/<account>`` of all accounts."""
        return list(self._object("GET", "/accounts")["accounts"])

    def reset(self, *, time_factor: float | None = None, seed: int | None = None) -> None:
        """Forget the ledger and all live calls; accounts keep their settings and draw from the start."""
        self._ask("POST", "/reset", {"time_factor": time_factor, "seed": seed})

    def hangup_all(self, *, most: int | None = None) -> int:
        """End every live call, or the ``most`` that began first, and return how many there were."""
        return int(self._object("POST", "/hangup_all", {"most": most})["ended"])

    def ledger(self, *, after: int = 0) -> list[dict[str, Any]]:
        """Return all rows of the ledger after row ``after``."""
        rows: list[dict[str, Any]] = []
        while True:
            page = self._ask("GET", f"/ledger?after={after + len(rows)}&limit=5000")
            rows += page
            if len(page) < 5000:
                return rows

    def live(self) -> list[dict[str, Any]]:
        """Return the rows of the calls that are live now."""
        return list(self._ask("GET", "/live"))

    def summary(self) -> dict[str, Any]:
        """Return the verdict: figures of every account, and ``violations`` as sentences."""
        return self._object("GET", "/summary")

    def fill(
        self, *, slug: str, account: str, intervals: Sequence[tuple[float, float]], limit: int
    ) -> dict[str, float]:
        """Return how full ``limit`` lines of an account were within wall-clock intervals."""
        body = {"slug": slug, "account": account, "intervals": list(intervals), "limit": limit}
        return self._object("POST", "/fill", body)

    def wait_idle(self, *, within_seconds: float = 10.0) -> dict[str, Any]:
        """Wait until no call is live and no push is planned; return the summary. Raises SandboxError."""
        return wait_for(self._idle_summary, within_seconds=within_seconds)

    def _idle_summary(self) -> dict[str, Any] | None:
        summary = self.summary()
        return None if summary["live"] or summary["pushes"]["pending"] else summary

    def _object(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        reply: dict[str, Any] = self._ask(method, path, body)
        return reply

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        reply = self._http.request(method, path, json=body)
        if not reply.is_success:
            raise SandboxError(reply.json().get("error", reply.text))
        return reply.json()


def wait_for(condition: Callable[[], T | None], *, within_seconds: float = 30.0) -> T:
    """Return the first value of ``condition`` that is true; raises SandboxError when time is up."""
    deadline = time.monotonic() + within_seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise SandboxError(f"Nothing came of it within {within_seconds} s.")
        time.sleep(0.01)


@contextmanager
def running_carrier(*, time_factor: float = 1.0, seed: int = 1, host: str = "127.0.0.1") -> Iterator[SandboxClient]:
    """Run a carrier of its own process on a free port for the time of a ``with`` block."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "dialer.sandbox", "--host", host, "--port", "0", "--port-file", str(port_file)]
        command += ["--time-factor", str(time_factor), "--seed", str(seed), "--stop-with-parent"]
        process = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[2])  # noqa: S603 (our own module)
        client = None
        try:
            client = SandboxClient(f"http://{host}:{_port(process, port_file)}")
            client.process = process
            yield client
        finally:
            if client is not None:
                client.close()
            _stop(process)


def _port(process: subprocess.Popen[bytes], port_file: Path) -> int:
    def port() -> int | None:
        if process.poll() is not None:
            raise SandboxError(f"The sandbox carrier ended at once with status {process.returncode}.")
        return int(port_file.read_text()) if port_file.exists() else None

    return wait_for(port, within_seconds=START_SECONDS)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
