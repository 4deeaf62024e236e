"""The example for Kubernetes: each manifest is as its schema says, and what one names, another has."""

from __future__ import annotations

import re
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.urls import resolve

from dialer.embedded.stack import WEB_OPTIONS
from tests.test_deployment import COMPOSE, OURS, PROJECT

FOLDER = PROJECT / "deploy/kubernetes"
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
MANIFESTS: list[dict[str, Any]] = [
    manifest for name in KUSTOMIZATION["resources"] for manifest in yaml.safe_load_all((FOLDER / name).read_text())
]
PODS = {
    manifest["metadata"]["name"]: manifest["spec"]["template"]
    for manifest in MANIFESTS
    if manifest["kind"] in {"Deployment", "Job"}
}
#: The oldest that is asked, and the newest that the validator knows.
VERSIONS = ("1.31", kubernetes_validate.latest_version())


def named(kind: str) -> dict[str, dict[str, Any]]:
    """Return the manifests of a kind by their names."""
    return {manifest["metadata"]["name"]: manifest for manifest in MANIFESTS if manifest["kind"] == kind}


def labels(name: str) -> dict[str, str]:
    """Return the labels of a process's pods."""
    found: dict[str, str] = PODS[name]["metadata"]["labels"]
    return found


def variables(name: str) -> set[str]:
    """Return the names in a file of settings."""
    return set(re.findall(r"^([A-Z_]+)=", (FOLDER / name).read_text(), re.M))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_as_its_schema_says(version: str) -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == {*KUSTOMIZATION["resources"], "kustomization.yaml"}
    for manifest in MANIFESTS:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("name", PODS)
def test_a_pod_may_do_what_it_needs_and_nothing_else(name: str) -> None:
    spec = PODS[name]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        confined = container["securityContext"]
        assert (confined["allowPrivilegeEscalation"], confined["readOnlyRootFilesystem"]) == (False, True)
        assert confined["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted <= {volume["name"] for volume in spec["volumes"]}


@pytest.mark.parametrize("name", [name for name in PODS if name != "redis"])
def test_the_pods_run_what_compose_runs_with_what_it_is_told(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    known = OURS[name].get("command") or ["granian", *WEB_OPTIONS]
    words = [word.partition("=")[0] for word in container["command"]]
    options = {word.partition("=")[0] for word in known if word.startswith("--")}
    assert container["command"][0] == known[0]
    assert {word for word in words if word.startswith("--")} - {"--host", "--port", "--workers"} <= options
    sources = [next(iter(source.values()))["name"] for source in container["envFrom"]]
    assert sources == ["settings", "secrets"]
    generated = {one["name"] for kind in ("configMapGenerator", "secretGenerator") for one in KUSTOMIZATION[kind]}
    assert set(sources) == generated
    assert KUSTOMIZATION["images"][0]["name"] == container["image"]


def test_what_compose_tells_the_processes_the_example_tells_them_too() -> None:
    given = variables("settings.env") | variables("secrets.env.example")
    of_the_sandbox = {"DIALER_SANDBOX_URL", "DIALER_SANDBOX_PUSHES_TO"}
    assert set(COMPOSE["x-dialer"]["environment"]) - of_the_sandbox <= given
    settings = (PROJECT / "dialer/settings.py").read_text() + (PROJECT / ".env.example").read_text()
    assert {name for name in given if name not in settings and name != "TMPDIR"} == set()
    secret = variables("secrets.env.example") & variables("settings.env")
    assert secret == set()


def test_selectors_find_their_pods_and_ingress_its_services() -> None:
    for kind in ("Deployment", "PodDisruptionBudget"):
        for name, manifest in named(kind).items():
            wanted = manifest["spec"]["selector"]["matchLabels"]
            assert wanted.items() <= labels(name).items()
    for name, service in named("Service").items():
        assert service["spec"]["selector"].items() <= labels(name).items()
        ports = {port["name"] for port in PODS[name]["spec"]["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    (ingress,) = named("Ingress").values()
    (rule,) = ingress["spec"]["rules"]
    ways = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    assert ways == {"/push": "inbox", "/": "web"}
    assert set(ways.values()) <= set(named("Service"))


def test_everything_is_closed_and_each_policy_opens_it_for_pods_that_there_are() -> None:
    policies = named("NetworkPolicy")
    closed = policies.pop("nothing")["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    chosen = set()
    for policy in policies.values():
        selector = policy["spec"]["podSelector"]
        for expression in selector.get("matchExpressions", ()):
            chosen |= set(expression["values"])
        if wanted := selector.get("matchLabels"):
            assert [name for name in PODS if wanted.items() <= labels(name).items()]
    assert chosen <= set(PODS)
    database = {name for name in PODS if labels(name).get("needs") == "data"}
    assert database == set(PODS) - {"redis"}


@pytest.mark.parametrize("name", ["web", "inbox"])
def test_servers_are_asked_whether_they_live_and_whether_they_are_ready(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    hosts = dict(line.split("=", 1) for line in (FOLDER / "settings.env").read_text().splitlines())["ALLOWED_HOSTS"]
    for probe, view in (("livenessProbe", "health"), ("readinessProbe", "ready"), ("startupProbe", "health")):
        asked = container[probe]["httpGet"]
        assert resolve(asked["path"]).url_name == view
        (header,) = asked["httpHeaders"]
        assert header["value"] in hosts.split(",")
    assert container["lifecycle"]["preStop"]
    assert named("Deployment")[name]["spec"]["replicas"] >= 2


def test_a_worker_that_ends_has_the_time_that_it_takes() -> None:
    spec = PODS["worker"]["spec"]
    assert spec["terminationGracePeriodSeconds"] == int(OURS["worker"]["stop_grace_period"].removesuffix("m")) * 60
    assert named("Deployment")["worker"]["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0}
