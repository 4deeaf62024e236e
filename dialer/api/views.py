"""What the views of every app share: permissions, keys, the errors' schema, and a limit on the size of JSON bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import QuerySet
from rest_framework import mixins, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dialer.acts import Asked
from dialer.api.errors import TooLarge
from dialer.api.keyed import answered_once
from dialer.api.limits import refuse_unlimited, within
from dialer.api.permissions import MayByTable
from dialer.api.recorded import recorded
from dialer.api.schema import Schema
from dialer.audit.rows import row_deleted
from dialer.kept_rows import judge_now

#: Methods that do something.
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
M = TypeVar("M", bound=models.Model)


class ApiView(APIView):
    """Base of every view."""

    schema = Schema()
    permission_classes: Any = (MayByTable,)
    #: What it does, where that is not to see, add, change or delete rows of its own table.
    act: Asked | None = None
    #: By which column the rows of a view are limited, for each kind that a key may be limited to.
    limited_by: Mapping[str, str] = {}
    #: Whether the view itself answers an Idempotency-Key, out of its own table.
    keeps_keys = False
    #: Whether its POST writes to the database only: it is done in one transaction with the answer that is kept.
    in_one_transaction = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what a limited key may not ask and, unread, too large a JSON body; have what has a key done once."""
        super().initial(request, *args, **kwargs)
        refuse_unlimited(request, columns=self.limited_by, action=getattr(self, "action", None))
        limit_bytes = self.body_limit_bytes(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit_bytes:
            raise TooLarge(limit_bytes=limit_bytes)
        method = str(request.method).lower()
        if request.method in CHANGING and hasattr(self, method):
            setattr(self, method, recorded(getattr(self, method), view=self))
        handler = getattr(self, "post", None)
        if request.method == "POST" and handler is not None and not self.keeps_keys:
            self.post = answered_once(handler, in_one_transaction=self.writes_here_only())

    def writes_here_only(self) -> bool:
        """Return whether what is asked for by POST asks nobody outside."""
        return self.in_one_transaction

    def body_limit_bytes(self, request: Request) -> int:
        """Return the largest body taken, in bytes."""
        return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


class StrictParameters(viewsets.GenericViewSet[M]):
    """Lists that refuse query parameters they do not know: a misspelt filter must not return everything."""

    def filter_queryset(self, queryset: QuerySet[M, Any]) -> QuerySet[M, Any]:
        """Return the rows asked for. Raises ValidationError naming an unknown parameter."""
        if self.detail is False and self.request.method == "GET":
            known = {"cursor", "page_size", "ordering", *self._filter_names()}
            unknown = sorted(set(self.request.query_params) - known)
            if unknown:
                text = f"There is no such parameter; known are: {', '.join(sorted(known))}."
                raise ValidationError(dict.fromkeys(unknown, text))
        return super().filter_queryset(within(self.request, queryset, columns=getattr(self, "limited_by", {})))

    def _filter_names(self) -> list[str]:
        filterset = getattr(self, "filterset_class", None)
        return list(filterset.base_filters) if filterset else []


class ReadViewSet(ApiView, mixins.ListModelMixin, mixins.RetrieveModelMixin, StrictParameters[M]):
    """Objects that can only be read."""


class EditViewSet(
    ApiView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    StrictParameters[M],
):
    """Objects that can be read, made, changed in part (PATCH) and deleted."""

    http_method_names: Sequence[str] = ("get", "post", "patch", "delete", "head", "options")

    @transaction.atomic
    def perform_destroy(self, instance: M) -> None:
        """Delete it. Raises IntegrityError, a 409, for what something relies on."""
        row_deleted(instance)
        super().perform_destroy(instance)
        judge_now()

    def writes_here_only(self) -> bool:
        """Return whether it does: a plain new row does, its other acts where they say so."""
        return self.action == "create" or super().writes_here_only()


class NothingHere(ApiView):
    """What answers at every address of the API that is none."""

    permission_classes = (AllowAny,)
    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise NotFound."""
        raise NotFound("There is nothing at this address; addresses of the API end in a slash.")

    def get(self, request: Request, **_: Any) -> Response:
        """Never reached."""
        raise NotFound
