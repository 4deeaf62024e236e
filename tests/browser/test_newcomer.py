"""Somebody who never saw it goes from log-in to a finished campaign in the real product: by mouse, and by keyboard."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from dialer.embedded.postgres import PostgresServer
from dialer.embedded.stack import free_port
from dialer.embedded.valkey import ValkeyServer
from tests.browser.looks import looked_at

pytestmark = pytest.mark.browser

PROJECT = Path(__file__).resolve().parents[2]
MOST_CLICKS = 25
PASSWORD = "a-long-password"
START_SECONDS, WITHIN_MS = 90, 60_000
#: Clicks of a mouse, and not of a key that stands for one.
WIDE: ViewportSize = {"width": 1280, "height": 900}
HOME = "#nav-sidebar a[href='/admin/'], nav a[href='/admin/'], a[href='/admin/']"
COUNTING = "addEventListener('click', (event) => { if (event.detail) window.clicked(); }, true);"


@pytest.fixture
def product() -> Iterator[str]:
    """The whole of it as `manage.py run` starts it, empty but for an administrator; its address."""
    folder = Path(tempfile.mkdtemp(prefix="dialer-newcomer-"))
    folder.chmod(0o711)  # PostgreSQL runs as somebody else where we are root
    with ExitStack() as ending:
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres, valkey = PostgresServer(data_dir=folder, durable=False), ValkeyServer(data_dir=folder)
        for server in (postgres, valkey):
            ending.callback(server.stop)
            server.start()
        own = {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        env = {**os.environ, **own, "SECRET_KEY": "newcomer", "DIALER_ENCRYPTION_KEYS": "newcomer"}
        for name in ("PUBLIC_BASE_URL", "DIALER_SANDBOX_URL"):
            env.pop(name, None)
        _manage(env, "migrate", "--no-input", "-v0")
        _manage(env, "createsuperuser", "--no-input", "--username", "olga", "--email", "o@example.com")
        port = free_port()
        command = ["run", "--port", str(port), "--log-dir", str(folder / "logs"), "--yes-this-is-the-only-one"]
        running = subprocess.Popen([sys.executable, "manage.py", *command], cwd=PROJECT, env=env)
        ending.callback(_stop, running)
        _wait(f"http://127.0.0.1:{port}/api/v1/ready/", running)
        yield f"http://127.0.0.1:{port}"


def _manage(env: dict[str, str], *command: str) -> None:
    subprocess.run([sys.executable, "manage.py", *command], cwd=PROJECT, env=env, check=True, capture_output=True)


def _wait(url: str, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert running.poll() is None, "it has ended"
        try:
            if httpx.get(url, trust_env=False, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError("it is not ready")


def _stop(running: subprocess.Popen[bytes]) -> None:
    running.send_signal(signal.SIGINT)
    running.wait(30)


@pytest.fixture
def newcomer(browser: Browser, product: str) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, base_url=product)
    context.set_default_timeout(WITHIN_MS)
    expect.set_options(timeout=WITHIN_MS)
    yield context.new_page()
    expect.set_options(timeout=5_000)
    context.close()


def walk(page: Page, press: Callable[[str], None], *, look: bool) -> None:
    """Take every step; ``press`` does it by the name of a button or link."""

    def home() -> None:
        press("Home")
        expect(page.locator("#first-steps")).to_be_visible()

    def ticked(step: str) -> None:
        expect(page.locator(f"[data-step={step}][data-done]")).to_be_visible()

    expect(page.locator("#first-steps")).to_be_visible()
    if look:
        looked_at(page, "first-steps", part="#first-steps")
        page.set_viewport_size(WIDE)
    for step, name in (
        ("account", "A sandbox account: Open it"),
        ("list", "A sample list: Make it"),
        ("template", "What the call does: Make it"),
        ("campaign", "A campaign: Make it"),
    ):
        press(name)
        ticked(step)
    press("Preflight: Look")
    expect(page.locator("body")).to_contain_text("30")
    home()
    ticked("preflight")
    press("Ring me: Ring")
    expect(page.locator("#phone-over")).to_be_attached()
    expect(page.locator(".d-phone")).to_contain_text("Answered")
    if look:
        looked_at(page, "phone", part="#phone")
        page.set_viewport_size(WIDE)
    press("Back to the first steps")
    press("Start: Start …")
    expect(page.locator("[data-verdict]")).not_to_have_attribute("data-verdict", "RED")
    if page.locator("#id_sure").count():
        press("#id_sure")
    press("Start calling 30 people")
    expect(page.locator("body")).to_contain_text("SANDBOX")
    home()
    ticked("start")
    press("Watch: Watch it")
    expect(page.locator("#live-state")).to_have_text("Completed")
    home()
    press("Read a call: Read one")
    expect(page.locator("body")).to_contain_text("Answered")
    home()
    with page.expect_download() as download:
        press("Export: Download")
    assert "ANSWERED" in Path(download.value.path()).read_text()
    page.reload()
    expect(page.locator("#walked summary")).to_have_text("All 10 steps are done")
    expect(page.locator("[data-step=export]")).to_be_hidden()
    press("Done: put it away")
    expect(page.locator("#first-steps")).to_have_count(0)


def log_in(page: Page) -> None:
    page.goto("/admin/")
    page.fill("[name=username]", "olga")
    page.fill("[name=password]", PASSWORD)


def test_by_mouse_it_takes_at_most_25_clicks(newcomer: Page) -> None:
    page, clicks = newcomer, list[int]()
    page.context.expose_function("clicked", lambda: clicks.append(1))
    page.context.add_init_script(COUNTING)

    def press(name: str) -> None:
        if name.startswith("#"):
            page.locator(name).click()
            return
        if name == "Home":
            page.locator(HOME).first.click()
            return
        named = page.get_by_role("button", name=name, exact=True).or_(page.get_by_role("link", name=name, exact=True))
        named.first.click()

    log_in(page)
    page.locator("button[type=submit]").click()
    walk(page, press, look=False)
    assert 10 < len(clicks) <= MOST_CLICKS


def test_by_keyboard_only(newcomer: Page) -> None:
    page, clicks = newcomer, list[int]()
    page.context.expose_function("clicked", lambda: clicks.append(1))
    page.context.add_init_script(COUNTING)
    log_in(page)
    page.keyboard.press("Enter")
    walk(page, lambda name: by_keys(page, name), look=True)
    assert clicks == []


def by_keys(page: Page, name: str) -> None:
    """Go to what has this name by Tab, and press it."""
    page.locator("body").focus()
    for _ in range(200):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """(name) => { const one = document.activeElement;
              return name.startsWith('#') ? one.id === name.slice(1)
                : name === 'Home' ? one.getAttribute('href') === '/admin/'
                : (one.getAttribute('aria-label') || one.textContent || '').trim() === name; }""",
            name,
        )
        if found:
            page.keyboard.press(" " if name.startswith("#") else "Enter")
            return
    raise AssertionError(f"{name} is not reached by Tab")
