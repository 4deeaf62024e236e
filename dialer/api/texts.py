"""Text templates over REST: sent to the provider, with their approval as last read."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dialer.accounts.texts import UnableToSubmit, look_again, submit_text
from dialer.acts.telephone import SEND_TEXT
from dialer.api.errors import Conflict
from dialer.api.strict import StrictSerializer
from dialer.api.views import ReadViewSet
from dialer.models import ProviderAccount
from dialer.models.texts import Standing, TextTemplate, standing_as


class NewTextSerializer(StrictSerializer):
    """A text for the provider to approve."""

    account = serializers.PrimaryKeyRelatedField(queryset=ProviderAccount.objects.all())
    name = serializers.CharField(max_length=120, help_text="What calls name it by.")
    text = serializers.CharField(max_length=4000, help_text="With the provider's places for variables.")


class TextTemplateSerializer(serializers.ModelSerializer[TextTemplate]):
    """A text that was sent to a provider."""

    approval = serializers.SerializerMethodField(
        help_text="What the provider says of it, as last read; null: it was never listed. UNKNOWN: see `listed_as`."
    )
    listed_as = serializers.CharField(read_only=True, allow_null=True, help_text="The provider's own word.")

    class Meta:
        model = TextTemplate
        fields = (
            "id", "account", "name", "text", "state", "approval", "listed_as", "problem", "asked_at", "asked_by",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=[one.value for one in Standing], allow_null=True))
    def get_approval(self, made: Any) -> str | None:
        """Return how it stands."""
        standing = standing_as(made.listed_as, is_gone=made.listed_gone)
        return None if standing is None else standing.value


class TextTemplateFilter(django_filters.FilterSet):
    """Filters of text templates."""

    class Meta:
        model = TextTemplate
        fields = ("account", "name", "state")


class TextTemplateViewSet(ReadViewSet[TextTemplate]):
    """Texts that were sent to providers to be approved. One that arrived is never changed."""

    queryset = TextTemplate.objects.with_listing()
    serializer_class = TextTemplateSerializer
    filterset_class = TextTemplateFilter

    @extend_schema(request=NewTextSerializer, responses={201: TextTemplateSerializer})
    def create(self, request: Request) -> Response:
        """Send a text for approval. The provider's list is read first: the same again makes nothing twice.

        409 `uncertain`: it may have arrived; send the same again in two minutes. 409 `unable`: why it did not.
        """
        given = NewTextSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            made = submit_text(now=timezone.now(), by=request.user.get_username(), **given.validated_data)
        except UnableToSubmit as error:
            raise _refusal(error) from error
        return Response(self._shown(made), status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=TextTemplateSerializer)
    @action(detail=True, methods=["post"], act=SEND_TEXT, takes_body=False)
    def look(self, request: Request, pk: str) -> Response:
        """Read the provider's list of templates: whether this one is there, and approved. Sends nothing."""
        made = self.get_object()
        try:
            look_again(made=made, now=timezone.now())
        except UnableToSubmit as error:
            raise _refusal(error) from error
        return Response(self._shown(made))

    def _shown(self, made: TextTemplate) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=made.pk)).data


def _refusal(error: UnableToSubmit) -> Exception:
    if error.field:
        return serializers.ValidationError({error.field: error.reason})
    return Conflict(code="uncertain" if error.may_be_sent else "unable", problems=[error.reason])
