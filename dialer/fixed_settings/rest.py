"""How the API speaks, and how it is documented."""

from __future__ import annotations

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dialer.api.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissions"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    # A form reads a missing box as false, and every number as text: JSON only, but where files are sent.
    "DEFAULT_PARSER_CLASSES": ["dialer.api.json_bodies.JsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "dialer.api.negotiation.OneAnswer",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "dialer.api.pagination.ById",
    "EXCEPTION_HANDLER": "dialer.api.errors.handle",
    # A time without an offset is refused, and a day alone: whose clock it is by would be guessed.
    "DATETIME_INPUT_FORMATS": [
        "%Y-%m-%dT%H:%M:%S%z",
        "%Y-%m-%dT%H:%M:%S.%f%z",
        "%Y-%m-%dT%H:%M%z",
        "%Y-%m-%d %H:%M:%S%z",
        "%Y-%m-%d %H:%M:%S.%f%z",
        "%Y-%m-%d %H:%M%z",
    ],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Pages of other origins (DIALER_CORS_ORIGINS) show a key: cookies are never taken from there.
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_HEADERS = (
    "accept", "authorization", "content-type", "idempotency-key", "if-none-match", "x-request-id",
)  # fmt: skip
CORS_EXPOSE_HEADERS = (
    "dialer-export", "etag", "idempotent-replayed", "location", "ratelimit-limit", "ratelimit-remaining",
    "ratelimit-reset", "retry-after", "x-request-id",
)  # fmt: skip
SPECTACULAR_SETTINGS = {
    "TITLE": "Dialer",
    "DESCRIPTION": "Outbound campaign dialer: accounts, DIDs, agents, lists, templates, campaigns, leads and attempts.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dialer.api.example_values.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "CampaignState": "campaigns.models.CampaignState",
        "LeadState": "campaigns.models.LeadState",
        "AttemptState": "campaigns.models.AttemptState",
        "PreflightState": "campaigns.models.PreflightState",
        "ImportState": "campaigns.models.ImportState",
        "EventState": "webhooks.models.EventState",
        "FeedKind": "campaigns.models.FeedKind",
        "SourceIfDuplicate": "campaigns.models.IfDuplicate",
        "UploadIfDuplicate": "campaigns.api.taking.IF_DUPLICATE",
        "AuditEntryKind": "dialer.models.EntryKind",
        "NoticeKind": "campaigns.models.NoticeKind",
        "Outcome": "dialer.providers.base.Outcome",
        "ItemKind": "dialer.models.synced.ItemKind",
        "QuoteState": "dialer.models.synced.QuoteState",
        "SyncState": "dialer.models.synced.SyncState",
        "TextState": "dialer.models.texts.TextState",
    },
}
