"""Django's pages about an error, which only DEBUG shows: redacted as the logs are, variables included."""

from __future__ import annotations

from pprint import pformat
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from dialer.logs.credentials import is_secret_name
from dialer.logs.redaction import redact, redact_fields

_LONGEST = 4096  # of a variable; Django's own page stops there as well


class _Shown:
    """A variable as the page may show it; Django shows the ``repr`` of what it is given."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class PageFilter(SafeExceptionReporterFilter):
    """Hides by our names of secrets, and although DEBUG is on, where Django hides nothing of variables and forms."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Return True: debugging needs no customer's number."""
        return True

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Return a setting, a header or a value within them as it may be shown."""
        if isinstance(key, str) and is_secret_name(key):
            return self.cleansed_substitute
        cleansed = super().cleanse_setting(key, value)
        return redact(cleansed) if isinstance(cleansed, str) else cleansed

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        """Return what a form sent, redacted."""
        return redact_fields(dict(super().get_post_parameters(request).items()))

    def get_traceback_frame_variables(self, request: HttpRequest, tb_frame: FrameType) -> Any:
        """Return the variables of a frame, redacted."""
        return [
            (name, _Shown(_shown(name, value)))
            for name, value in super().get_traceback_frame_variables(request, tb_frame)
        ]


class PageReporter(ExceptionReporter):
    """Redacts the page as a whole, besides: addresses, messages, lines of code."""

    def get_traceback_data(self) -> dict[str, Any]:
        """Return what the page is made of, its frames counted: Django's numbers for them look like phone numbers."""
        data: dict[str, Any] = super().get_traceback_data()
        if "exception_value" in data:
            data["exception_value"] = redact(data["exception_value"])
        if self.request is not None:
            data["request_GET_items"] = redact_fields(self.request.GET.dict()).items()
        for place, frame in enumerate(data.get("frames", ()), start=1):
            frame["id"] = place
        return data

    def get_traceback_html(self) -> Any:
        """Return the page."""
        return redact(super().get_traceback_html())

    def get_traceback_text(self) -> Any:
        """Return the page as plain text."""
        return redact(super().get_traceback_text())


def _shown(name: str, value: Any) -> str:
    try:
        return pformat(redact_fields({name: value})[name])[:_LONGEST]
    except Exception as error:  # a broken repr must not hide the error that is looked for
        return f"Cannot be shown: {type(error).__name__}"
