"""Renders log lines, those of libraries like our own. What is rendered is redacted: there is no other way out."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from dialer.logs.redaction import redact_fields

#: What is told of every line before its fields.
FIRST = ["timestamp", "level", "event"]
_TRUE = ("true", "on", "ok", "y", "yes", "1")  # as django-environ reads it
_STAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)


def redacted(_: WrappedLogger, __: str, event_dict: EventDict) -> MutableMapping[str, Any]:
    """Return a line's fields without secrets and whole numbers; a processor of structlog."""
    return redact_fields(event_dict)


def shows_debug() -> bool:
    """Return whether lines of the level DEBUG are written: else nothing should be computed for them."""
    return logging.getLogger("dialer").isEnabledFor(logging.DEBUG)


def formatter(*, as_json: bool) -> logging.Formatter:
    """Return the formatter of every line, as JSON or as ``key=value``."""
    render = structlog.processors.JSONRenderer() if as_json else structlog.processors.KeyValueRenderer(key_order=FIRST)
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redacted, render],
        # Lines of libraries: `extra` is left out, as it holds whole requests and the arguments of tasks.
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            _STAMP,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.format_exc_info,
        ],
    )


def formatter_of_environment() -> logging.Formatter:
    """Return the formatter that LOG_JSON asks for, for processes that do not read Django's settings."""
    return formatter(as_json=os.environ.get("LOG_JSON", "").strip().lower() in _TRUE)


class LineHandler(logging.StreamHandler[Any]):
    """Writes to standard error; says of a line that cannot be rendered where it was logged, and not what it holds."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Report the place only: what logging reports holds the arguments as they are."""
        kind = getattr(sys.exc_info()[0], "__name__", "an error")
        with contextlib.suppress(OSError, ValueError):
            place = f"{record.name} ({record.filename}:{record.lineno})"
            self.stream.write(f"A line of {place} could not be written: {kind}.\n")


def configure_structlog() -> None:
    """Have structlog hand its lines to logging, so that one handler renders them all."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            _STAMP,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
