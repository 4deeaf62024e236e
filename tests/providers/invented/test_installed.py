"""A package that is installed beside the project brings its provider by an entry point; a broken one spoils nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dialer import providers
from tests.providers.invented import package

PROJECT = Path(__file__).parents[3]
GOOD = f"ringwell = {package.MODULE}:provider"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder that packages are installed into."""
    return tmp_path / "site"


def python(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own that has the packages of ``site``; of each payload few mutations are tried."""
    environment = {**os.environ, "PYTHONPATH": str(site), "CONFORMANCE_MUTATIONS": "5"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_provider_of_an_installed_package_is_there_and_passes_the_suite_by_its_own_payloads(site: Path) -> None:
    package.install(into=site, contents=package.files(), entry_points=GOOD)
    shown = python(site, "-c", "from dialer import providers; print(*providers.slugs(), providers.problems())")
    assert shown.stdout.split() == [*sorted((*providers.bundled_slugs(), "ringwell")), "()"], shown.stderr
    checked = python(site, "manage.py", "check", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    judged = python(site, "-m", "tests.conformance", "ringwell")
    assert judged.returncode == 0, judged.stdout
    assert judged.stdout.splitlines()[-1].startswith("Ringwell")
    assert judged.stdout.splitlines()[-1].endswith("ok")


def test_a_missing_payload_of_a_package_fails_the_suite(site: Path) -> None:
    contents = {name: content for name, content in package.files().items() if not name.endswith("/scripts.json")}
    contents[f"{package.MODULE}/payloads/sources.toml"] = contents[f"{package.MODULE}/payloads/sources.toml"].split(
        b'[[payload]]\nfile = "scripts.json"'
    )[0]
    package.install(into=site, contents=contents, entry_points=GOOD)
    judged = python(site, "-m", "tests.conformance", "ringwell")
    assert judged.returncode != 0
    assert "ringwell: add a list_reply" in judged.stdout


def test_packages_whose_provider_cannot_be_had_are_named_and_the_others_stay(site: Path) -> None:
    taken = providers.bundled_slugs()[0]
    bare = "from dialer.providers.base import Provider\nclass B(Provider):\n    slug = 'bare'\nprovider = B()"
    broken = {
        "unread": ("import no_such_module", "ModuleNotFoundError"),
        "word": ("provider = 'nobody'", "its slug is not 'word'"),
        "empty": ("", "has no attribute 'provider'"),
        "bare": (bare, "it has no name, capabilities"),
        taken: (f"from dialer.providers.{taken} import provider", f"there is a provider '{taken}' already"),
    }
    modules = {f"{slug}_for_dialer.py": code.encode() for slug, (code, _) in broken.items()}
    entries = [GOOD, *(f"{slug} = {slug}_for_dialer:provider" for slug in broken)]
    package.install(into=site, contents={**package.files(), **modules}, entry_points="\n".join(entries))
    checked = python(site, "manage.py", "check")
    assert checked.returncode == 0, "a broken package stops nobody's calls"
    warnings = [line for line in checked.stderr.splitlines() if "dialer.W001" in line]
    assert len(warnings) == len(broken)
    for slug, (_, why) in broken.items():
        (said,) = (line for line in warnings if f"The provider '{slug}'" in line)
        assert f"of {package.NAME}, is left out" in said
        assert why in said
    shown = python(site, "-c", "from dialer import providers; print(*providers.slugs())")
    assert shown.stdout.split() == sorted((*providers.bundled_slugs(), "ringwell"))
