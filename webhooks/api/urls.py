"""URLs of the webhooks API under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from webhooks.api.events import EventViewSet

router = SimpleRouter()
router.register("events", EventViewSet)

urlpatterns: list[URLPattern | URLResolver] = list(router.urls)
