"""The one address of the plain project."""

from __future__ import annotations

from django.urls import path

from tests.benchmarks.plain.views import ResultView

urlpatterns = [path("push/", ResultView.as_view())]
