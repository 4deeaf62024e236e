"""GET /providers/: what can be connected, and what each provider asks for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dialer import providers
from dialer.acts.telephone import SEE_ACCOUNTS
from dialer.api.views import ApiView
from dialer.providers.base import Field, Provider

FIELD_ATTRIBUTES = ("name", "label", "required", "secret", "help", "default", "choices", "picks")


class ProviderFieldSerializer(serializers.Serializer[Any]):
    """One value that a provider asks for."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    required = serializers.BooleanField()  # type: ignore[assignment]
    secret = serializers.BooleanField(help_text="A secret is stored encrypted and never shown again.")
    help = serializers.CharField()
    default = serializers.JSONField(allow_null=True)
    choices = serializers.ListField(child=serializers.CharField(), help_text="Empty: any value.")
    picks = serializers.CharField(
        allow_blank=True, help_text="Kind of `GET /synced-items/` whose `value` it names; another value is taken, too."
    )


class CapabilitiesSerializer(serializers.Serializer[Any]):
    """What a provider can do."""

    correlation = serializers.CharField(help_text="How a result finds its call.")
    pushes = serializers.BooleanField(help_text="Sends results to the account's `push_url`.")
    polls_call = serializers.BooleanField(help_text="Can be asked for one call's state.")
    pulls_logs = serializers.BooleanField(help_text="Has a call log that can be read.")
    caller_id = serializers.BooleanField(help_text="The DID can be chosen call by call.")
    needs_agent = serializers.BooleanField(help_text="Every call is connected to a human agent.")
    hangs_up = serializers.BooleanField(help_text="A call can be ended from here.")
    reports_capacity = serializers.BooleanField(help_text="Can be asked how many calls it has room for.")
    takes_notes = serializers.BooleanField(help_text="Notes on calls can be written back.")
    signs_pushes = serializers.BooleanField(help_text="Pushes prove their sender.")
    adds_participants = serializers.BooleanField(help_text="Another number can be rung into a live call.")
    lists_numbers = serializers.BooleanField(help_text="The account's numbers are read by a check.")
    lists = serializers.BooleanField(help_text="What an account has there can be read: `sync`.")
    staff = serializers.BooleanField(help_text="Agents can be added and switched: `add-agent`, `add-extension`.")
    numbers_for_sale = serializers.BooleanField(help_text="Numbers can be bought: `number-quotes`, `buy-number`.")
    texts = serializers.BooleanField(help_text="Texts can be sent for approval: `POST /text-templates/`.")
    push_registration = serializers.BooleanField(help_text="Takes the push address: `register-webhook`.")
    key_map = serializers.BooleanField(help_text="The account's `push_setup` has to be pasted there.")
    prefetch = serializers.BooleanField(help_text="Can ask the account's `prefetch_url` as a call begins.")
    hosted_actions = serializers.ListField(
        child=serializers.CharField(), help_text="Actions that its own dialer can run for a whole campaign."
    )
    agent_kinds = serializers.ListField(child=serializers.CharField(), help_text="How agents are addressed.")
    requests_per_second = serializers.FloatField(allow_null=True, help_text="Documented rate; null: none is named.")


class ActionSerializer(serializers.Serializer[Any]):
    """Something that a call can do, with the options that a template gives for it."""

    action = serializers.CharField()
    options = ProviderFieldSerializer(many=True)


class ProviderSerializer(serializers.Serializer[Any]):
    """A provider that an account can be at."""

    slug = serializers.CharField(help_text="What `provider` of an account or a template must be.")
    name = serializers.CharField()
    default_base_url = serializers.CharField(allow_blank=True)
    credential_fields = ProviderFieldSerializer(many=True, help_text="Names for `credentials` of an account.")
    setting_fields = ProviderFieldSerializer(many=True, help_text="Names for `settings` of an account.")
    actions = ActionSerializer(many=True)
    capabilities = CapabilitiesSerializer()


class ProvidersView(ApiView):
    """The providers that accounts can be at."""

    act = SEE_ACCOUNTS

    @extend_schema(operation_id="providers_list", responses=ProviderSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List every provider with its fields, actions and capabilities. Not paged."""
        return Response([describe(providers.get(slug)) for slug in providers.slugs()])


def describe(provider: Provider) -> dict[str, Any]:
    """Return a provider as the API shows it."""
    capabilities = provider.capabilities
    shown: dict[str, Any] = {name: getattr(capabilities, name) for name in CapabilitiesSerializer().get_fields()}
    shown |= {name: sorted(shown[name]) for name in ("agent_kinds", "hosted_actions")}
    return {
        "slug": provider.slug,
        "name": provider.name,
        "default_base_url": provider.default_base_url,
        "credential_fields": [describe_field(field) for field in provider.credential_fields],
        "setting_fields": [describe_field(field) for field in provider.setting_fields],
        "actions": [
            {
                "action": action,
                "options": [describe_field(field) for field in provider.option_fields.get(action, ())],
            }
            for action in sorted(capabilities.actions)
        ],
        "capabilities": shown,
    }


def describe_field(field: Field) -> dict[str, Any]:
    """Return a field as the API shows it."""
    return {name: getattr(field, name) for name in FIELD_ATTRIBUTES}
