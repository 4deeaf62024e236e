"""URLs of the whole project. The apps are named as strings only: imports point from them to here, never back."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from dialer.admin.finding import search_urls
from dialer.admin.own_zone import zone_urls
from dialer.api.document import DocsView, OpenApiView
from dialer.api.metrics import metrics
from dialer.api.views import NothingHere

admin.autodiscover()

handler400 = "dialer.serving.error_pages.not_acceptable"
handler403 = "dialer.serving.error_pages.forbidden"
handler404 = "dialer.serving.error_pages.not_found"
handler500 = "dialer.serving.error_pages.failed"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    *search_urls(),
    *zone_urls(),
    path("admin/", admin.site.urls),
    path("api/v1/", include("dialer.api.urls")),
    path("api/v1/", include("campaigns.api.urls")),
    path("api/v1/", include("webhooks.api.urls")),
    path("api/v1/openapi.json", OpenApiView.as_view(), name="openapi"),
    path("api/v1/docs/", DocsView.as_view(url_name="openapi"), name="api-docs"),
    path("metrics", metrics, name="metrics"),
    re_path("^api/", NothingHere.as_view()),
    re_path("^/*push/", include("webhooks.urls")),
]
