"""One logging for all: whatever a process writes to standard error is redacted, whoever wrote it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
NUMBER, SECRET = "+919876543210", "s3cret"
SETUP = """
import logging, structlog, threading, warnings, sys
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
log = structlog.get_logger("ours")
NUMBER, SECRET = "+919876543210", "s3cret"
"""


def said(code: str, **environment: str) -> str:
    """Return what a process with Django set up writes to standard output and error."""
    given = {"SECRET_KEY": "k" * 50, "DIALER_ENCRYPTION_KEYS": "e" * 40, "DATABASE_URL": "postgresql:///nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", SETUP + code],
        cwd=PROJECT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "dialer.settings", **given, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


#: Ways in which something comes to be written to standard error.
WAYS = (
    'log.info("called", number=NUMBER, token=SECRET, nested={"api_key": SECRET, "to": [NUMBER]})',
    'logging.getLogger("lib").warning("to %s with %s", NUMBER, {"token": SECRET}, extra={"token": SECRET})',
    'logging.getLogger("lib").error("reply", extra={"number": NUMBER}, stack_info=True)',
    'logging.getLogger("lib").warning("%(to)s", {"to": NUMBER})',
    'logging.getLogger("django.server").warning("POST /push/a-b/%s/?to=%s", SECRET, NUMBER)',
    'logging.getLogger("_granian").error("token=%s to %s", SECRET, NUMBER)',
    'logging.getLogger("granian.access").info("/push/a-b/%s/ %s", SECRET, NUMBER)',
    'lib = logging.getLogger("deaf"); lib.propagate = False; lib.error("%s token=%s", NUMBER, SECRET)',
    'logging.getLogger("lib").error("too few: %s %s", NUMBER)',
    "warnings.warn(f'{NUMBER} token={SECRET}')",
    "try: raise ValueError(f'Key (number)=({NUMBER}) token={SECRET}')\nexcept ValueError: log.exception('failed')",
    "try: raise ValueError(f'{NUMBER}')\nexcept ValueError: logging.getLogger('lib').exception('failed')",
    "def work(): raise ValueError(f'{NUMBER} token={SECRET}')\nt = threading.Thread(target=work)\nt.start()\nt.join()",
    "class Odd:\n  def __del__(self): raise ValueError(f'{NUMBER} token={SECRET}')\nOdd()",
    "class Odd:\n  def __repr__(self): raise ValueError(NUMBER)\nlog.error('odd', odd=Odd())",
)


@pytest.mark.parametrize("as_json", ["true", "false"])
def test_nothing_whole_reaches_standard_error(as_json: str) -> None:
    each = f"for way in {WAYS!r}:\n    sys.stderr.write('<way>')\n    exec(way)\n"
    last = "raise ValueError(f'{NUMBER} token={SECRET}')"
    parts = said(each + last, LOG_JSON=as_json, LOG_LEVEL="DEBUG").split("<way>")[1:]
    assert len(parts) == len(WAYS)
    for way, text in zip(WAYS, parts, strict=True):
        assert text.strip(), f"nothing was written by {way}"
        assert "9876543210" not in text, way
        assert SECRET not in text, way
    assert parts[-1].endswith("ValueError: +91…3210 token=***\n"), "what nobody catches looks as Python writes it"


#: What processes at work have: Celery's logging set up, in vain, and whatever brings a logger of its own.
AT_WORK = """
import celery.apps.worker, celery.apps.beat, granian, granian.log, httpx, redis, psycopg, aiohttp.web, json
from granian.log import configure_logging
from django.conf import settings
from dialer.celery import app
app.log.setup(loglevel="DEBUG", redirect_stdouts=True)
handlers = [
    [name, type(handler).__module__, type(handler.formatter).__module__]
    for name, each in {"root": logging.root, **logging.root.manager.loggerDict}.items()
    for handler in getattr(each, "handlers", ())
    if not isinstance(handler, logging.NullHandler)
]
kept = [logging.root.level == logging.WARNING, sys.stdout is sys.__stdout__, len(logging.root.handlers)]
print(json.dumps({"handlers": handlers, "kept": kept}), flush=True)
log.warning("attempt lost", attempt_id=9876543210, number=NUMBER)
"""


@pytest.fixture(scope="module")
def at_work() -> list[dict[str, Any]]:
    """Return the two lines that such a process writes: one process for all tests, as it takes seconds to start."""
    return [json.loads(line) for line in said(AT_WORK, LOG_LEVEL="WARNING", LOG_JSON="true").splitlines()]


def test_a_line_keeps_what_an_operator_needs(at_work: list[dict[str, Any]]) -> None:
    found = dict(at_work[1])
    assert found.pop("timestamp").endswith("Z")
    fields = {"attempt_id": 9876543210, "number": "+91…3210", "logger": "ours", "level": "warning"}
    assert found == {"event": "attempt lost", **fields}


def test_no_library_keeps_a_handler_of_its_own(at_work: list[dict[str, Any]]) -> None:
    """Whatever is imported: a handler beside ours would write lines as they are."""
    assert at_work[0]["handlers"] == [["root", "dialer.logs.lines", "structlog.stdlib"]]


def test_celery_does_not_take_logging_over(at_work: list[dict[str, Any]]) -> None:
    assert at_work[0]["kept"] == [True, True, 1]


def test_a_bad_level_stops_the_start() -> None:
    assert "LOUD" in said("", LOG_LEVEL="LOUD")
