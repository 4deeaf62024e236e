"""What the system checks say of settings: each finding has its id and its cure, and a good installation has none."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from dialer.checks import OPERATION
from dialer.checks.addresses import is_public, is_this_machine
from dialer.checks.keys import is_weak

GOOD: dict[str, Any] = {
    "SECRET_KEY": "Yh2k-Wq8vTz3nB6mLp9sDf4gJc7xRa1eUo5iKw0tHy2bNv8q",
    "DIALER_ENCRYPTION_KEYS": ["Qm7z-Xc4vBn9pLk2jHg6fDs8aWe3rTy5", "abcdefghijklmnopqrstuvwxyz-abcdefg"],
    "ALLOWED_HOSTS": ["dialer.example.com", "localhost"],
    "REDIS_URL": "redis://:pass@redis.example.com:6379/0",
}


def found() -> dict[str, str]:
    """Return the hints of what the checks of settings find, by id."""
    return {str(each.id): each.hint or "" for each in run_checks(tags=[OPERATION])}


@pytest.fixture
def good(settings: Settings) -> Settings:
    """Return the settings of an installation to which nothing is to be said."""
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def test_of_a_good_installation_nothing_is_said(good: Settings) -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"SECRET_KEY": "short"}, "dialer.W006"),
        ({"SECRET_KEY": "ab" * 40}, "dialer.W006"),
        ({"DIALER_ENCRYPTION_KEYS": ["short"]}, "dialer.W007"),
        ({"DIALER_ENCRYPTION_KEYS": [*GOOD["DIALER_ENCRYPTION_KEYS"], "short"]}, "dialer.W007"),
        ({"DIALER_ENCRYPTION_KEYS": [GOOD["DIALER_ENCRYPTION_KEYS"][0], GOOD["SECRET_KEY"]]}, "dialer.W008"),
        ({"ALLOWED_HOSTS": ["*"]}, "dialer.W005"),
        ({"REDIS_URL": "redis://redis.example.com:6379/0"}, "dialer.W009"),
        ({"REDIS_URL": "rediss://user@10.0.0.7/0"}, "dialer.W009"),
    ],
)
def test_each_fault_is_found_alone_and_with_its_cure(good: Settings, changes: dict[str, Any], finding: str) -> None:
    for name, value in changes.items():
        setattr(good, name, value)
    assert list(found()) == [finding]
    assert len(found()[finding]) > 20


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:6379/0", "redis://localhost/0", "redis://[::1]/0", "unix:///r.sock"]
)
def test_redis_on_this_machine_needs_no_password(good: Settings, url: str) -> None:
    good.REDIS_URL = url
    assert found() == {}


def test_no_finding_shows_a_secret(good: Settings) -> None:
    good.SECRET_KEY = "hunter2"
    good.DIALER_ENCRYPTION_KEYS = ["hunter2"]
    assert "hunter2" not in repr(run_checks(tags=[OPERATION]))


def test_what_is_silenced_is_not_told(good: Settings) -> None:
    good.ALLOWED_HOSTS = ["*"]
    good.SILENCED_SYSTEM_CHECKS = ["dialer.W005"]
    assert [each.id for each in run_checks(tags=[OPERATION]) if not each.is_silenced()] == []


@given(st.text(max_size=80))
def test_a_key_is_weak_if_short_or_of_few_characters(key: str) -> None:
    assert is_weak(key) == (len(key) < 32 or len(set(key)) < 10)


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("api.voxcore.example.com", True),
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("api.clouddialer.in.", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("10.1.2.3", False),
        ("169.254.1.1", False),
        ("sandbox", False),
        ("localhost", False),
        ("carrier.internal", False),
        ("dialer.local", False),
        ("", False),
    ],
)
def test_a_host_is_public_or_not_by_its_name(host: str, public: bool) -> None:
    assert is_public(host) is public


def test_only_loopback_is_this_machine() -> None:
    assert all(map(is_this_machine, ("localhost", "127.0.0.1", "127.9.9.9", "::1", "redis.localhost")))
    assert not any(map(is_this_machine, ("redis", "10.0.0.1", "localhost.example.com")))
