"""Accounts at providers. Credentials go in and never come out: a reply names the ones that are set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from dialer import providers
from dialer.accounts.key_maps import key_map
from dialer.accounts.moving import moved_problem, secrets_to_enter
from dialer.accounts.result_troubles import troubles
from dialer.accounts.use import switched_off
from dialer.acts.telephone import CHANGE_ACCOUNTS
from dialer.api.buying import BuyingMixin
from dialer.api.checks import ChecksMixin
from dialer.api.examples import account_example
from dialer.api.longest_call import LongestCallMixin
from dialer.api.sandbox import SandboxMixin
from dialer.api.saving import CleanedModelSerializer
from dialer.api.staffing import StaffingMixin
from dialer.api.stops import UNCONFIRMED, TellsStops
from dialer.api.syncs import SyncsMixin
from dialer.api.views import EditViewSet
from dialer.encryption import unreadable_fields
from dialer.models import ProviderAccount, ResultKind
from dialer.providers.base import Field

#: Stands in `push_setup` where the stored credential goes: secrets never come back.
TOKEN_PLACE = "<push_token>"  # noqa: S105 - says that it is not shown


class TroubleSerializer(serializers.Serializer[Any]):
    """Results that did not reach their calls."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in ResultKind if kind != ResultKind.TAKEN])
    count = serializers.IntegerField()
    since_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    is_current = serializers.BooleanField(help_text="Whether nothing shows that it is over.")
    text = serializers.CharField(help_text="What is, in words.")
    remedy = serializers.CharField(help_text="What to do about it.")


class AccountSerializer(TellsStops, CleanedModelSerializer[ProviderAccount]):
    """An account at a provider."""

    credentials = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True, trim_whitespace=True, max_length=4000),
        write_only=True,
        required=False,
        help_text="Values by name, as `GET /providers/` lists them. On PATCH: merged by name, null removes one.",
    )
    credentials_set = serializers.SerializerMethodField(help_text="Names of the credentials that are stored.")
    settings = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        required=False,
        help_text="Values by name, as `GET /providers/` lists them. On PATCH: merged by name, null removes one.",
    )
    unreadable = serializers.CharField(
        read_only=True, help_text="What of its stored secrets no key opens, and what to do; empty when all is well."
    )
    push_url = serializers.SerializerMethodField(
        help_text="Where the provider must push results. Anyone who has it can post results: keep it private."
    )
    prefetch_url = serializers.SerializerMethodField(
        help_text="Where a provider that asks for variables as a call begins may do so, else null. Keep it private."
    )
    push_setup = serializers.SerializerMethodField(
        help_text="What to enter at the provider so that it pushes, where it asks for more than an address; else null."
    )

    fleet_bound_problem = serializers.CharField(
        source="gate.fleet_bound_problem",
        read_only=True,
        help_text="Why lines are not freed by the fleet's count any more; empty when all is well, or never was used.",
    )
    missing_results = serializers.SerializerMethodField(
        help_text="What of the account's results did not reach its calls: kind, count, since when, and the cure."
    )

    class Meta:
        model = ProviderAccount
        fields = (
            "id", "name", "provider", "is_sandbox", "base_url", "credentials", "credentials_set", "settings",
            "time_zone", "max_live_calls", "calls_per_second", "max_call_seconds", "poll_after_seconds",
            "reply_timeout_seconds", "uses_fleet_bound", "fleet_lag_seconds", "fleet_poll_seconds",
            "fleet_bound_problem", "is_active", "unreadable", "push_url", "prefetch_url", "push_setup",
            "missing_results", "warnings", "created_at", "updated_at",
        )  # fmt: skip
        extra_kwargs = {
            "is_sandbox": {"read_only": True},
            "provider": {"help_text": "Slug of the provider; cannot be changed afterwards."},
            "base_url": {"required": False, "help_text": "Address of the provider's API, path prefix included."},
            "time_zone": {"help_text": "IANA zone that the provider's own times without offset are in."},
        }

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_credentials_set(self, account: ProviderAccount) -> list[str]:
        """Return the names of the credentials that are stored."""
        return sorted(name for name, value in account.stored_credentials.items() if value not in (None, ""))

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_push_url(self, account: ProviderAccount) -> str | None:
        """Return the address, to those who may change the account: it is a secret in itself."""
        return account.push_url if self._may_change() and "push_token" not in unreadable_fields(account) else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_prefetch_url(self, account: ProviderAccount) -> str | None:
        """Return the address, to those who may change the account: it is a secret in itself."""
        return account.prefetch_url if self._may_change() and "push_token" not in unreadable_fields(account) else None

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_push_setup(self, account: ProviderAccount) -> dict[str, Any] | None:
        """Return the provider's own form of the push address, to those who may change the account."""
        may = self._may_change() and "push_token" not in unreadable_fields(account)
        return key_map(account, masked=TOKEN_PLACE) if may else None

    @extend_schema_field(TroubleSerializer(many=True))
    def get_missing_results(self, account: ProviderAccount) -> list[dict[str, Any]]:
        """Return the troubles of the account's results, the current ones first."""
        found = troubles(account=account, now=timezone.now())
        return [dict(TroubleSerializer(one.as_json()).data) for one in found]

    def _may_change(self) -> bool:
        request = self.context.get("request")
        return request is None or CHANGE_ACCOUNTS.may(request.user)

    def to_representation(self, instance: ProviderAccount) -> dict[str, Any]:
        """Return the account without the settings that the provider declares secret."""
        shown: dict[str, Any] = super().to_representation(instance)
        if "settings" not in shown:
            return shown
        # Of a provider that is not installed, nothing says which settings are secret.
        is_known = instance.provider in providers.slugs()
        hidden = set(instance.settings) if not is_known else secret_names(instance.api.setting_fields)
        shown["settings"] = {name: value for name, value in instance.settings.items() if name not in hidden}
        return shown

    def validate_provider(self, provider: str) -> str:
        """Return the provider. Raises ValidationError when an account would move to another one."""
        if isinstance(self.instance, ProviderAccount) and provider != self.instance.provider:
            raise serializers.ValidationError("The provider of an account cannot be changed; make another account.")
        return provider

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return ``attrs`` with credentials and settings merged into what is stored."""
        account = self.instance if isinstance(self.instance, ProviderAccount) else None
        if account is None and not attrs.get("base_url") and attrs.get("provider") in providers.slugs():
            attrs["base_url"] = providers.get(attrs["provider"]).default_base_url
        if account is not None:
            self._keep_secrets_at_home(account, attrs)
        for name in ("credentials", "settings"):
            if name in attrs:
                attrs[name] = merged(stored_of(account, name) if account else {}, attrs[name])
        return super().validate(attrs)

    def _keep_secrets_at_home(self, account: ProviderAccount, attrs: dict[str, Any]) -> None:
        """Refuse to move stored secrets to another host: who may edit an account may not thereby read them."""
        missing = secrets_to_enter(
            account=account,
            base_url=attrs.get("base_url", account.base_url),
            entered={*attrs.get("credentials", {}), *attrs.get("settings", {})},
        )
        if missing:
            raise serializers.ValidationError({"credentials": moved_problem(missing)})


def stored_of(account: ProviderAccount, name: str) -> dict[str, Any]:
    """Return the stored credentials or settings; none where no key opens them: then all are sent anew."""
    found: dict[str, Any] = account.stored_credentials if name == "credentials" else account.settings
    return found


def secret_names(fields: Iterable[Field]) -> set[str]:
    """Return the names of the fields that are secret."""
    return {field.name for field in fields if field.secret}


def merged(stored: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """Return ``stored`` with what was sent over it; null removes a name."""
    return {name: value for name, value in {**stored, **sent}.items() if value is not None}


class AccountFilter(django_filters.FilterSet):
    """Filters of accounts."""

    class Meta:
        model = ProviderAccount
        fields = ("name", "provider", "is_active")


_TITLE, _BODY = account_example()
EXAMPLE = OpenApiExample(_TITLE, value=_BODY, request_only=True)


@extend_schema_view(
    create=extend_schema(examples=[EXAMPLE]),
    # The row is this module's, the act is not.
    sandbox=extend_schema(responses={201: AccountSerializer}),
)
class AccountViewSet(
    SandboxMixin, LongestCallMixin, ChecksMixin, SyncsMixin, StaffingMixin, BuyingMixin, EditViewSet[ProviderAccount]
):
    """Accounts at providers: where calls are placed, with which limits."""

    queryset = ProviderAccount.objects.select_related("gate").prefetch_related("result_counts")
    serializer_class = AccountSerializer
    filterset_class = AccountFilter

    def perform_update(self, serializer: Any) -> None:
        """Change it. When a reply says that it is off, no request leaves by it any more."""
        super().perform_update(serializer)
        account = serializer.instance
        # Of one that is off already, too: who asks again may have had no answer.
        if not account.is_active and "is_active" in serializer.validated_data:
            serializer.context[UNCONFIRMED] = switched_off(account, now=timezone.now())

    def writes_here_only(self) -> bool:
        """Return whether it does; of one that is switched off what leaves is waited for once that is committed."""
        return super().writes_here_only() and not (self.action == "partial_update" and "is_active" in self.request.data)
