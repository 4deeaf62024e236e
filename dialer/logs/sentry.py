"""Tells errors to Sentry, or what speaks as it does, where SENTRY_DSN is set: what is logged as an error, and no more.

An event is made anew of what may leave: the kind, the words and the places of an error, and the fields of its line, all
redacted as the line is. No local variables, requests, users, environment or earlier lines. Without the setting nothing
of Sentry is loaded.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from typing import Any, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

from dialer.logs.redaction import redact, redact_fields
from dialer.version import VERSION

#: Of an event, what is kept as it is.
_KEPT = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "server_name", "sdk")
#: Of a place in the code.
_PLACE = ("filename", "abs_path", "function", "module", "lineno", "in_app")
_ERRORS = frozenset({"error", "exception", "critical"})
#: A process that ends waits so long for its last events to leave.
LEAVES_WITHIN_SECONDS = 2.0

_is_on = False


def start(dsn: str) -> None:
    """Tell of this process's errors from now on. Raises sentry_sdk.utils.BadDsn."""
    global _is_on
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration

    sentry_sdk.init(
        dsn=dsn,
        release=f"dialer@{VERSION}",
        before_send=cast(Any, cleaned),
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[AtexitIntegration(callback=lambda pending, timeout: None), ExcepthookIntegration()],
        include_local_variables=False,
        include_source_context=False,
        send_default_pii=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        enable_backpressure_handling=False,
        propagate_traces=False,
        shutdown_timeout=LEAVES_WITHIN_SECONDS,
    )
    _is_on = True
    attach()


def attach() -> None:
    """Listen to the loggers as they are configured now; nothing where nobody is told."""
    if not _is_on:
        return
    logging.getLogger().addHandler(_OfLibraries(level=logging.ERROR))
    processors = structlog.get_config()["processors"]
    # Before the one that turns an error into text, and after those that leave out what is not logged.
    processors.insert(processors.index(structlog.processors.format_exc_info), _tell_line)


def _tell_line(_: WrappedLogger, method: str, event_dict: EventDict) -> MutableMapping[str, Any]:
    """Tell of a line of ours; a processor of structlog."""
    if method in _ERRORS:
        fields = {name: value for name, value in event_dict.items() if name not in ("exc_info", "timestamp", "level")}
        said, logger = str(fields.pop("event", "")), str(fields.pop("logger", ""))
        info = structlog.processors._figure_out_exc_info(event_dict.get("exc_info"))
        _tell(info=info, said=said, logger=logger, fields=fields)
    return event_dict


class _OfLibraries(logging.Handler):
    """Tells of the lines of libraries: ours have been told of by then."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of one line; a fault of ours here is no fault of who logs."""
        if hasattr(record, "_logger") or record.name.startswith("sentry_sdk"):
            return
        try:
            info = record.exc_info if record.exc_info and record.exc_info[1] is not None else None
            _tell(info=info, said=record.getMessage(), logger=record.name, fields={})
        except Exception:
            self.handleError(record)


def _tell(*, info: Any, said: str, logger: str, fields: Mapping[str, Any]) -> None:
    import sentry_sdk
    from sentry_sdk.utils import event_from_exception

    hint: dict[str, Any] = {}
    event: dict[str, Any] = {"message": said, "level": "error", "logger": logger, "extra": dict(fields)}
    if info is not None:
        made, hint = event_from_exception(
            info,
            client_options=sentry_sdk.get_client().options,
            mechanism={"type": "logging", "handled": True},
        )
        event = {**made, **event}
    sentry_sdk.capture_event(cast(Any, event), hint=hint)


def cleaned(event: Mapping[str, Any], hint: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may leave of an event: made anew, so that what a later version of Sentry adds stays here."""
    found = {name: event[name] for name in _KEPT if event.get(name) is not None}
    if event.get("message"):
        found["logentry"] = {"formatted": redact(str(event["message"]))}
    if event.get("extra"):
        found["extra"] = redact_fields(event["extra"])
        if "trace_id" in event["extra"]:
            found["tags"] = {"trace_id": event["extra"]["trace_id"]}
    values = (event.get("exception") or {}).get("values") or []
    if values:
        found["exception"] = {"values": [_error(value) for value in values]}
    return found


def _error(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    kept = [{name: frame[name] for name in _PLACE if frame.get(name) is not None} for frame in frames]
    made = {
        "type": value.get("type"),
        "module": value.get("module"),
        "value": redact(str(value.get("value") or "")),
        "mechanism": {name: (value.get("mechanism") or {}).get(name) for name in ("type", "handled")},
    }
    return made | ({"stacktrace": {"frames": kept}} if kept else {})
