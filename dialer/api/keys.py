"""API keys over REST: everybody makes, replaces and revokes his own; a superuser sees and revokes all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dialer.acts.telephone import OWN_KEYS, SEE_KEYS
from dialer.api.errors import Conflict
from dialer.api.permissions import MayByTable
from dialer.api.strict import StrictSerializer
from dialer.api.views import StrictParameters
from dialer.keys.making import LASTS, LONGEST_OVERLAP, OVERLAP, UnableToRotate, make_key, revoke_key, rotate_key
from dialer.keys.scopes import ADMIN, scopes
from dialer.models import ApiKey


class KeyHolder(BasePermission):
    """Everybody who is logged in, or whose key has the scope ``admin`` and no limits.

    A narrower key does not even replace itself: who has stolen one could keep it alive.
    """

    message = "This needs a key with the scope admin and no limits, or a log-in: a key cannot make a wider one."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the user is known, and his key does not narrow him."""
        key = request.auth
        is_narrow = isinstance(key, ApiKey) and (ADMIN not in key.scopes or bool(key.limits))
        return bool(request.user.is_authenticated) and not is_narrow


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key, without its secret."""

    user = serializers.CharField(source="user.username", read_only=True)
    refused = serializers.SerializerMethodField(help_text="Why it is no longer accepted; empty while it is.")

    class Meta:
        model = ApiKey
        fields = (
            "id", "name", "prefix", "user", "scopes", "limits", "created_at", "expires_at", "last_used_at",
            "revoked_at", "revoked_by", "replaces", "refused",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_refused(self, key: ApiKey) -> str:
        """Return why it is no longer accepted."""
        return key.why_refused(now=timezone.now())


class ApiKeyMadeSerializer(ApiKeySerializer):
    """A new key with its secret."""

    key = serializers.SerializerMethodField(help_text="The key itself. Shown only now.")

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(serializers.CharField())
    def get_key(self, key: ApiKey) -> str:
        """Return the secret, which the view hands over."""
        return str(self.context["secret"])


class NewKeySerializer(StrictSerializer):
    """What a new key shall be."""

    name = serializers.CharField(max_length=100, help_text="What it is for, and where it is used.")
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=40), help_text="One or more of read, upload, campaigns, results, admin."
    )
    limits = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField(min_value=1), max_length=1000),
        required=False,
        help_text='Ids of what it is limited to, e.g. {"campaigns": [1]}. Empty: it is not limited.',
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text=f"Not given: in {LASTS.days} days. null: never."
    )


class ScopeSerializer(serializers.Serializer[Any]):
    """What a key may let through."""

    name = serializers.CharField()
    said = serializers.CharField(help_text="What it is for.")


class OverlapSerializer(StrictSerializer):
    """How long the old key is taken beside the new one."""

    overlap_seconds = serializers.IntegerField(
        min_value=0, max_value=int(LONGEST_OVERLAP.total_seconds()), default=int(OVERLAP.total_seconds())
    )


class ApiKeyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, StrictParameters[ApiKey]):
    """API keys: one's own; a superuser sees all."""

    queryset = ApiKey.objects.select_related("user")
    serializer_class = ApiKeySerializer
    act = {"GET": SEE_KEYS, "POST": OWN_KEYS}
    permission_classes = (MayByTable, KeyHolder)

    def get_queryset(self) -> QuerySet[ApiKey]:
        """Return the keys that the user may see."""
        rows = super().get_queryset()
        return rows if self.request.user.is_superuser else rows.filter(user_id=self.request.user.pk or 0)

    @extend_schema(request=NewKeySerializer, responses={201: ApiKeyMadeSerializer})
    def create(self, request: Request) -> Response:
        """Make a key for oneself. The reply shows it, this once."""
        given = NewKeySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        now = timezone.now()
        wanted = {"expires_at": now + LASTS, **given.validated_data}
        return _made(make_key(user_id=int(request.user.pk or 0), now=now, **wanted))

    @extend_schema(request=OverlapSerializer, responses={201: ApiKeyMadeSerializer})
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Make the key's successor, which may do the same. The old one is taken for the overlap: a day by default."""
        given = OverlapSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        key = self.get_object()
        if key.user_id != request.user.pk:
            raise Conflict(code="not_yours", problems=["Only its user replaces a key: its secret is his alone."])
        overlap = timedelta(seconds=given.validated_data["overlap_seconds"])
        try:
            return _made(rotate_key(key=key, now=timezone.now(), overlap=overlap))
        except UnableToRotate as error:
            raise Conflict(code="unable", problems=[str(error)]) from error

    @extend_schema(request=None, responses=ApiKeySerializer)
    @action(detail=True, methods=["post"], takes_body=False)
    def revoke(self, request: Request, pk: str) -> Response:
        """Refuse the key from now on. Revoking it again changes nothing."""
        key = self.get_object()
        revoke_key(key=key, by=request.user.get_username(), now=timezone.now())
        return Response(ApiKeySerializer(key).data)

    @extend_schema(responses=ScopeSerializer(many=True), filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def scopes(self, request: Request) -> Response:
        """List the scopes, each with what it is for."""
        return Response([{"name": name, "said": said} for name, said in scopes().items()])


def _made(made: tuple[ApiKey, str]) -> Response:
    key, secret = made
    data = ApiKeyMadeSerializer(key, context={"secret": secret}).data
    return Response(data, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})
