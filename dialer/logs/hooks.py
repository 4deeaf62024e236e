"""Errors that nobody catches go to standard error redacted, as do warnings."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType

import structlog

from dialer.logs.redaction import redact

log = structlog.get_logger("uncaught")


def install() -> None:
    """Take over where Python writes tracebacks and warnings to standard error by itself; hooks of others stay."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _uncaught
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _unraisable
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _uncaught_in_thread
    logging.captureWarnings(True)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Write what Python writes, for people at a terminal."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    elif sys.stderr is not None:
        sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


def _uncaught_in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is not SystemExit and failed.exc_value is not None:
        name = failed.thread.name if failed.thread is not None else "unknown"
        info = (failed.exc_type, failed.exc_value, failed.exc_traceback)
        log.error("a thread ended by an error", thread=name, exc_info=info)


def _unraisable(failed: sys.UnraisableHookArgs) -> None:
    if failed.exc_value is not None:
        info = (failed.exc_type, failed.exc_value, failed.exc_traceback)
        log.error("an error could not be raised", where=failed.err_msg or repr(failed.object), exc_info=info)
