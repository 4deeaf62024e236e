"""One shape for every error of the API: ``{"error": {"code", "message", "fields": [{"field", "row", "message"}]}}``."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from django.http.request import UnreadablePostError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from dialer.api.constraints import explain_violation
from dialer.api.flattening import FieldError, flatten, flatten_model_error
from dialer.encryption import UndecryptableError
from dialer.serving.arriving import BodyBrokenOff
from dialer.sql import ran_out_of_time

log = structlog.get_logger(__name__)


class Conflict(exceptions.APIException):
    """What was asked does not fit the present state: 409. ``problems`` are whole sentences."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"

    def __init__(self, *, code: str, problems: Sequence[str]) -> None:
        super().__init__(detail=" ".join(problems), code=code)
        self.problems = tuple(problems)


class Gone(exceptions.APIException):
    """What was asked for was there and is gone: 410. ``problem`` is about one field."""

    status_code = status.HTTP_410_GONE

    def __init__(self, *, code: str, message: str, field: str, problem: str) -> None:
        super().__init__(detail=message, code=code)
        self.fields = (FieldError(field=field, message=problem),)


class TooLarge(exceptions.APIException):
    """The body is larger than this installation takes: 413."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self, *, limit_bytes: int) -> None:
        super().__init__(detail=f"The body is too large; at most {limit_bytes} bytes are taken.")


class BrokenOff(exceptions.APIException):
    """The body ended before its length, or did not come in time: 408."""

    status_code = status.HTTP_408_REQUEST_TIMEOUT
    default_code = "broken_off"
    default_detail = "The body broke off, or took too long to arrive. Send it again."


class Refused(exceptions.APIException):
    """The request is understood and cannot be done: 400, with a code of its own."""

    status_code = status.HTTP_400_BAD_REQUEST

    def __init__(self, *, code: str, message: str) -> None:
        super().__init__(detail=message, code=code)


def error_body(*, code: str, message: str, fields: Sequence[FieldError] = ()) -> dict[str, Any]:
    """Return the body of an error."""
    return {"error": {"code": code, "message": message, "fields": [field.as_json() for field in fields]}}


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """Return the reply to ``error``; never None, so that no error leaves in another shape."""
    set_rollback()
    if isinstance(error, exceptions.ValidationError):
        return _invalid(flatten(error.detail))
    if isinstance(error, ModelValidationError):
        return _invalid(flatten_model_error(error))
    if isinstance(error, IntegrityError) and not isinstance(error, ProtectedError | RestrictedError):
        return _violation(error)
    return _reply(_translate(error))


def _translate(error: Exception) -> exceptions.APIException:
    """Return Django's and the database's errors as errors of the API."""
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return Refused(code="too_large", message="The body is too large.")
    if isinstance(error, UnreadablePostError | BodyBrokenOff):
        return BrokenOff()
    if isinstance(error, SuspiciousOperation):
        return Refused(code="bad_request", message="The request is not acceptable.")
    if isinstance(error, DataError):
        return Refused(code="invalid", message="A value cannot be stored: too long, out of range, or a NUL character.")
    return _translate_fault(error)


def _translate_fault(error: Exception) -> exceptions.APIException:
    if isinstance(error, ProtectedError | RestrictedError):
        return Conflict(code="in_use", problems=[_in_use(error)])
    if isinstance(error, OperationalError) and ran_out_of_time(error):
        _log(error, reference="patience")
        fault = exceptions.APIException(
            f"This read for more than {settings.DIALER_WEB_STATEMENT_SECONDS} seconds and was stopped; nothing was "
            "changed. Ask for less: by a campaign, a time or a number. Large exports are made by a scheduled job.",
            code="took_too_long",
        )
        fault.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return fault
    if isinstance(error, OperationalError):
        _log(error, reference="database")
        fault = exceptions.APIException("The database did not answer in time; try again.", code="unavailable")
        fault.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return fault
    if isinstance(error, UndecryptableError):
        return exceptions.APIException(
            "Stored credentials cannot be decrypted: DIALER_ENCRYPTION_KEYS lacks the key they were written with.",
            code="undecryptable",
        )
    reference = uuid.uuid4().hex[:12]
    _log(error, reference=reference)
    return exceptions.APIException(f"Something failed here; the log has it under {reference}.", code="internal_error")


def _log(error: Exception, *, reference: str) -> None:
    """Log where it failed, without the message: a database's message can hold numbers and secrets."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("api request failed", reference=reference, error=type(error).__name__, places=places)


def _in_use(error: ProtectedError | RestrictedError) -> str:
    objects = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
    kinds = sorted({str(item._meta.verbose_name_plural) for item in objects})
    return f"This cannot be deleted: {', '.join(kinds)} need it."


def _invalid(fields: Sequence[FieldError]) -> Response:
    first = fields[0] if fields else FieldError(field="", message="The request is not valid.")
    where = f"{first.field}: " if first.field else ""
    more = f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    body = error_body(code="invalid", message=f"{where}{first.message}{more}", fields=fields)
    return Response(body, status=status.HTTP_400_BAD_REQUEST)


def _violation(error: IntegrityError) -> Response:
    code, field = explain_violation(error)
    if code == "in_use":
        return Response(error_body(code=code, message=field.message), status=status.HTTP_409_CONFLICT)
    return _invalid([field])


def _reply(error: exceptions.APIException) -> Response:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "error"
    about_all = [FieldError(field="", message=problem) for problem in getattr(error, "problems", ())]
    fields = [*getattr(error, "fields", ()), *about_all]
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = f"{error.wait:.0f}"  # type: ignore[attr-defined]
    if code == "error" and error.status_code == status.HTTP_400_BAD_REQUEST:
        code = "invalid"
    message = str(error.detail)
    return Response(error_body(code=code, message=message, fields=fields), status=error.status_code, headers=headers)
