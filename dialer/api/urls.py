"""URLs of the dialer API under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from dialer.api.accounts import AccountViewSet
from dialer.api.archives import ArchiveViewSet
from dialer.api.audit import AuditViewSet
from dialer.api.failed_logins import FailedLoginViewSet
from dialer.api.health import HealthView, ReadyView
from dialer.api.keys import ApiKeyViewSet
from dialer.api.providers import ProvidersView
from dialer.api.syncs import SyncedItemViewSet
from dialer.api.telephones import AgentViewSet, DIDGroupViewSet, DIDViewSet
from dialer.api.texts import TextTemplateViewSet

router = SimpleRouter()
router.register("archives", ArchiveViewSet)
router.register("audit", AuditViewSet)
router.register("accounts", AccountViewSet)
router.register("dids", DIDViewSet)
router.register("did-groups", DIDGroupViewSet)
router.register("failed-logins", FailedLoginViewSet, basename="failed-login")
router.register("keys", ApiKeyViewSet)
router.register("agents", AgentViewSet)
router.register("synced-items", SyncedItemViewSet)
router.register("text-templates", TextTemplateViewSet)

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", HealthView.as_view(), name="health"),
    path("ready/", ReadyView.as_view(), name="ready"),
    path("providers/", ProvidersView.as_view(), name="providers"),
    *router.urls,
]
