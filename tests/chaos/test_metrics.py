"""A real Prometheus scrapes the running stack, and answers every query of the dashboard and of the alerts."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from campaigns.models import JobRun
from dialer.embedded.stack import free_port
from dialer.sandbox.client import wait_for
from tests.chaos.arena import METRICS_TOKEN, WORKERS, Arena, now
from tests.chaos.scenes import set_scene, start, wait_for_requests
from tests.sources import PROJECT
from webhooks.models import Subscription

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
pytestmark = [
    pytest.mark.chaos,
    pytest.mark.alone,
    pytest.mark.skipif(not (PROMETHEUS and PROMTOOL), reason="Prometheus is not installed: apt-get install prometheus"),
]
ALERTS = PROJECT / "deploy/prometheus/alerts.yml"
DASHBOARD: dict[str, Any] = json.loads((PROJECT / "deploy/grafana/dialer.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
RULES = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


@contextmanager
def prometheus(folder: Path, targets: dict[str, list[str]]) -> Iterator[str]:
    """Give the address of a Prometheus that asks ``targets`` (by job) each second, with our rules."""
    (folder / "token").write_text(METRICS_TOKEN)
    jobs = [
        {
            "job_name": job,
            "static_configs": [{"targets": hosts}],
            **({"authorization": {"credentials_file": str(folder / "token")}} if job == "dialer" else {}),
        }
        for job, hosts in targets.items()
    ]
    config = {"global": {"scrape_interval": "1s"}, "rule_files": [str(ALERTS)], "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [str(PROMETHEUS), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(20)


def asked(base_url: str, expression: str) -> list[dict[str, Any]]:
    """Return the answer to a query: one row a series. Raises HTTPError for one that is not understood."""
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{base_url}/api/v1/query?{query}", timeout=10) as reply:
        found: list[dict[str, Any]] = json.load(reply)["data"]["result"]
        return found


def scraped(base_url: str, jobs: int) -> bool:
    try:
        return len(asked(base_url, "up == 1")) >= jobs and bool(asked(base_url, "rate(dialer_turn_seconds_count[1m])"))
    except OSError:
        return False


def test_a_real_prometheus_answers_every_query_of_the_dashboard(arena: Arena, tmp_path: Path) -> None:
    Subscription.objects.get_or_create(name="CRM of the metrics", defaults={"url": "https://crm.example/"})
    JobRun.objects.get_or_create(
        job="audit", edge_at=now() - timedelta(hours=1), defaults={"begun_at": now(), "ended_at": now()}
    )
    scene = set_scene(arena, contacts=500, lines=[5], max_live_calls=5)
    start(scene)
    wait_for_requests(arena, 20)
    first = arena.metrics_port
    workers = [f"127.0.0.1:{port}" for port in range(first, first + len(WORKERS))]
    with prometheus(
        tmp_path, {"dialer": [arena.stack.base_url.removeprefix("http://")], "workers": workers}
    ) as base_url:
        wait_for(lambda: scraped(base_url, 1 + len(WORKERS)), within_seconds=60)
        empty = [query for query in QUERIES if not wait_for_rows(base_url, query)]
        assert empty == []
        for rule in RULES:
            asked(base_url, rule["expr"])
        (live,) = asked(base_url, f'dialer_account_live_calls{{account="{scene.stage.account.name}"}}')
        assert 0 <= float(live["value"][1]) <= 500
        with urllib.request.urlopen(f"{base_url}/api/v1/rules", timeout=10) as reply:
            loaded = [rule for group in json.load(reply)["data"]["groups"] for rule in group["rules"]]
    assert [(rule["name"], rule["health"] != "err") for rule in loaded] == [(rule["alert"], True) for rule in RULES]


def wait_for_rows(base_url: str, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query; what needs two scrapes may need a moment."""
    try:
        return wait_for(lambda: asked(base_url, query) or None, within_seconds=15)
    except Exception:
        return []


def test_the_rules_and_the_example_are_what_prometheus_reads(tmp_path: Path) -> None:
    for name in ("alerts.yml", "prometheus.yml"):
        shutil.copy(PROJECT / "deploy/prometheus" / name, tmp_path)
    (tmp_path / "token").write_text("x")
    assert PROMTOOL is not None
    checked = subprocess.run(
        [PROMTOOL, "check", "config", str(tmp_path / "prometheus.yml")], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    assert all(rule["annotations"]["cure"] and rule["annotations"]["summary"] for rule in RULES)
