"""What the views of every app share: permissions, keys, the errors' schema, and a limit on the size of JSON bodies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import QuerySet
from rest_framework import mixins, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from dialer.acts import Asked
from dialer.api.chosen_fields import FIELDS, narrowed
from dialer.api.errors import TooLarge
from dialer.api.keyed import answered_once
from dialer.api.limits import refuse_unlimited, within
from dialer.api.permissions import MayByTable
from dialer.api.queries import refuse_odd
from dialer.api.recorded import recorded
from dialer.api.schema import Schema
from dialer.api.throttling import ByKey, tell_rate
from dialer.audit.rows import row_deleted
from dialer.kept_rows import judge_now

#: Methods that do something.
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
M = TypeVar("M", bound=models.Model)


class ApiView(APIView):
    """Base of every view."""

    schema = Schema()
    permission_classes: Any = (MayByTable,)
    throttle_classes: Any = (ByKey,)
    #: What it does, where that is not to see, add, change or delete rows of its own table.
    act: Asked | None = None
    #: By which column the rows of a view are limited, for each kind that a key may be limited to.
    limited_by: Mapping[str, str] = {}
    #: Whether the view itself answers an Idempotency-Key, out of its own table.
    keeps_keys = False
    #: Whether its POST writes to the database only: it is done in one transaction with the answer that is kept.
    in_one_transaction = False
    #: Whether its POST takes a body. What is sent to one that takes none is refused: it would be ignored.
    takes_body = True
    #: Whether it reads query parameters itself, by a serializer that refuses the unknown.
    reads_query = False
    #: Whether a reply of its own can be asked for with certain `fields` only; lists and single rows always can.
    shows_fields = False
    #: Statuses of errors that it answers with beside those that all of its kind do, for the document.
    also_answers: Collection[str] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what a limited key may not ask and, unread, too large a JSON body; have what has a key done once."""
        super().initial(request, *args, **kwargs)
        refuse_unlimited(request, columns=self.limited_by, action=getattr(self, "action", None))
        limit_bytes = self.body_limit_bytes(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit_bytes:
            raise TooLarge(limit_bytes=limit_bytes)
        method = str(request.method).lower()
        if method not in self.http_method_names or not hasattr(self, method):
            return  # 405, whatever was sent
        if not self.reads_query:
            refuse_odd(request, known=self.known_parameters(), filters=self.known_filters())
        if request.method == "DELETE" or (request.method == "POST" and not self.takes_body):
            refuse_body(request)
        if request.method in CHANGING:
            done = recorded(getattr(self, method), view=self)
            if not self.keeps_keys:
                done = answered_once(done, in_one_transaction=self.writes_here_only())
            setattr(self, method, done)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the reply, with where its asker stands in his minute."""
        reply = super().finalize_response(request, response, *args, **kwargs)
        tell_rate(getattr(request, "_request", request), reply)
        return reply

    def known_parameters(self) -> set[str]:
        """Return the query parameters that it takes: those of pages, and filters, where it lists."""
        if self.request.method not in ("GET", "HEAD"):
            return set()
        pages = {"cursor", "page_size", "ordering"} if self._is_paged() else set()
        return pages | set(self.known_filters())

    def known_filters(self) -> Mapping[str, Any]:
        """Return the filters, by name, where it lists."""
        filterset = getattr(self, "filterset_class", None)
        return filterset.base_filters if filterset and self._is_list() and self._is_paged() else {}

    def _is_paged(self) -> bool:
        # Pages of one object's rows, as the refusals of an upload, have a paginator of their own.
        paginator = getattr(self, "pagination_class", None)
        own = paginator is not getattr(type(self), "pagination_class", None)
        return paginator is not None and (self._is_list() or own)

    def _is_list(self) -> bool:
        return getattr(self, "action", None) == "list" or getattr(self, "detail", None) is False

    def writes_here_only(self) -> bool:
        """Return whether what is asked for asks nobody outside."""
        return self.in_one_transaction

    def body_limit_bytes(self, request: Request) -> int:
        """Return the largest body taken, in bytes."""
        return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def refuse_body(request: Request) -> None:
    """Raise ValidationError naming what was sent where nothing is read: it would be ignored."""
    data = request.data
    if not data:
        return
    names = list(data) if isinstance(data, Mapping) else [api_settings.NON_FIELD_ERRORS_KEY]
    raise ValidationError(dict.fromkeys(map(str, names), "This takes no body: what is sent would be ignored."))


class StrictParameters(ApiView, viewsets.GenericViewSet[M]):
    """Viewsets whose rows are those that a key's limits cover, shown with the fields that are asked for."""

    #: So that an act on many (``/campaigns/stop/``) is never taken for one row of that name by another method.
    lookup_value_regex = "[0-9]+"
    #: Where rows come by the hundred thousand at once: the filters that find a few of them by an index. Pages by any
    #: other are looked for as ``dialer.near`` says.
    few_by: Collection[str] | None = None

    def known_parameters(self) -> set[str]:
        """Return the query parameters that it takes; `fields` where rows are shown as they are."""
        shows = self.shows_fields or self.action in ("list", "retrieve")
        return super().known_parameters() | ({FIELDS} if shows and self.request.method in ("GET", "HEAD") else set())

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the serializer, of a row that is shown with the fields that are asked for."""
        return narrowed(super().get_serializer(*args, **kwargs), request=self.request)

    def filter_queryset(self, queryset: QuerySet[M, Any]) -> QuerySet[M, Any]:
        """Return the rows asked for."""
        return super().filter_queryset(within(self.request, queryset, columns=getattr(self, "limited_by", {})))


class ReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, StrictParameters[M]):
    """Objects that can only be read."""


class EditViewSet(
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
        """Return whether it does: a plain row, made, changed or deleted, does; its other acts where they say so."""
        return self.action in ("create", "partial_update", "destroy") or super().writes_here_only()


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
