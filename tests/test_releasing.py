"""What docs/releasing.md says of a version: it stands in one place, and the changelog has the form that it names."""

from __future__ import annotations

import re
import tomllib
from hashlib import sha256

import pytest
import yaml
from django.test import Client

from dialer.version import VERSION
from tests.sources import PROJECT
from tests.test_house import APPS

CHANGELOG = (PROJECT / "CHANGELOG.md").read_text()
#: Of Keep a Changelog, in the order in which they stand.
SECTIONS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
#: What made the tables of 1.0.0, by its digest (sha256sum): installations are there that were made by it.
RELEASED = {
    "campaigns/migrations/0001_initial.py": "f8970aab6c2bcc2c17fb354f3eb59206badb9aec14caa2ab78ac2e7ba6c9fc64",
    "campaigns/migrations/_references.py": "b58365b9333ed3d6bb8f5e0aa185bfe17507474e6e0f6bccef3dda3c949b6eb4",
    "dialer/migrations/0001_initial.py": "9011217db239f6f3369ccab01a51f26c4135072ced3036a830d315f128c51ae3",
    "webhooks/migrations/0001_initial.py": "7e8074c6ec1f7158b372a623dc11f8ff93c26cdac4092dbc805d025c9b68af5a",
}


@pytest.mark.django_db
def test_the_version_stands_in_one_place_and_health_answers_with_it() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "dialer.version.VERSION"}
    assert Client().get("/api/v1/health/").json()["version"] == VERSION
    kustomization = yaml.safe_load((PROJECT / "deploy/kubernetes/kustomization.yaml").read_text())
    assert kustomization["images"][0]["newTag"] == VERSION
    page = (PROJECT / "docs/deploy.md").read_text()
    assert set(re.findall(r"example\.com/dialer:(\S+)", page)) == {VERSION}


def test_the_changelog_has_its_form() -> None:
    versions = re.findall(r"^## (.+)$", CHANGELOG, re.M)
    assert all(re.fullmatch(r"Unreleased|\d+\.\d+\.\d+ (\(unreleased\)|- \d{4}-\d\d-\d\d)", each) for each in versions)
    assert len(set(versions)) == len(versions)
    for version in re.split(r"^## ", CHANGELOG, flags=re.M)[1:]:
        sections = re.findall(r"^### (.+)$", version, re.M)
        assert sections == [each for each in SECTIONS if each in sections]
        entries = [line for line in version.splitlines()[1:] if line and not line.startswith("### ")]
        assert [line for line in entries if not line.startswith(("- ", "  "))] == []


def test_the_first_migrations_are_those_of_1_0_0() -> None:
    found = {name: sha256((PROJECT / name).read_bytes()).hexdigest() for name in RELEASED}
    assert found == RELEASED, "a change of a model is a migration of its own"
    assert {name.partition("/")[0] for name in RELEASED} == set(APPS)
