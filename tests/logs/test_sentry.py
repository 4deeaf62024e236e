"""What Sentry is told of errors, by a server on the loopback address: enough to find them, no number and no secret."""

from __future__ import annotations

import json
from typing import Any

from tests.logs.test_configuration import NUMBER, SECRET, WAYS, said
from tests.traces.collector import Collector, collecting

#: Of a library's message, of a traceback, of fields, of what nobody catches; and nothing of what is no error.
ERRORS = """
class Lost(Exception): pass
def dial(number):
    token = SECRET
    raise Lost(f"no answer for {number} token={SECRET}")
try: dial(NUMBER)
except Lost: log.exception("placing failed", attempt_id=7, trace_id="0af7651916cd43dd8448eb211c80319c", number=NUMBER)
logging.getLogger("lib").error("to %s with token=%s", NUMBER, SECRET)
log.warning("only a warning", number=NUMBER)
raise KeyError(NUMBER)
"""


def told(collector: Collector) -> list[dict[str, Any]]:
    """Return the events that came, out of their envelopes."""
    found = []
    for body in collector.bodies:
        lines = body.split(b"\n")
        assert json.loads(lines[1])["type"] == "event"
        found.append(json.loads(lines[2]))
    return found


def test_errors_are_told_with_their_places_and_without_numbers_and_secrets() -> None:
    with collecting() as collector:
        dsn = collector.url.replace("://", "://public@") + "/1"
        said(ERRORS, SENTRY_DSN=dsn, SENTRY_ENVIRONMENT="stage", LOG_JSON="true")
        events = told(collector)
    assert set(collector.paths) == {"/api/1/envelope/"}
    ours, library, uncaught = events
    (error,) = ours["exception"]["values"]
    assert (error["type"], error["value"]) == ("Lost", "no answer for +91…3210 token=***")
    assert [frame["function"] for frame in error["stacktrace"]["frames"]] == ["<module>", "dial"]
    assert ours["logentry"]["formatted"] == "placing failed"
    assert (ours["extra"]["attempt_id"], ours["extra"]["number"]) == (7, "+91…3210")
    assert ours["tags"] == {"trace_id": "0af7651916cd43dd8448eb211c80319c"}
    assert (ours["environment"], ours["release"].partition("@")[0]) == ("stage", "dialer")
    assert (library["logger"], library["logentry"]["formatted"]) == ("lib", "to +91…3210 with token=***")
    assert uncaught["exception"]["values"][0]["type"] == "KeyError"


def test_whatever_is_logged_no_number_and_no_secret_leaves() -> None:
    with collecting() as collector:
        code = "".join(f"try: exec({way!r})\nexcept Exception: log.exception('failed')\n" for way in WAYS)
        said(code, SENTRY_DSN=collector.url.replace("://", "://public@") + "/1", LOG_LEVEL="DEBUG")
        whole = b"\n".join(collector.bodies).decode()
    assert len(collector.bodies) > 5
    assert NUMBER[1:] not in whole
    assert NUMBER[3:] not in whole
    assert SECRET not in whole
