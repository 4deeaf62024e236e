"""What docs/releasing.md says of a version: it stands in one place, and the changelog has the form that it names."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml
from django.test import Client

from dialer.version import VERSION
from tests.sources import PROJECT
from tests.test_house import APPS

CHANGELOG = (PROJECT / "CHANGELOG.md").read_text()
#: Of Keep a Changelog, in the order in which they stand.
SECTIONS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


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


def test_migrations_are_one_file_until_1_0_0_and_are_never_lost_after_it() -> None:
    released = tuple(map(int, VERSION.split("."))) >= (1, 0, 0)
    for app in APPS:
        names = sorted(path.name for path in (PROJECT / app / "migrations").glob("[0-9]*.py"))
        assert names[0] == "0001_initial.py"
        assert released or len(names) == 1, "edit 0001_initial.py in place until 1.0.0 is there"
