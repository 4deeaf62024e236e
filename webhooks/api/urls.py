"""URLs of the webhooks API under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from webhooks.api.events import EventViewSet
from webhooks.api.subscriptions import DeliveryViewSet, SubscriptionViewSet

router = SimpleRouter()
router.register("events", EventViewSet)
router.register("subscriptions", SubscriptionViewSet)
router.register("deliveries", DeliveryViewSet)

urlpatterns: list[URLPattern | URLResolver] = list(router.urls)
