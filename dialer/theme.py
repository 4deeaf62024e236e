"""The admin's site: the theme's, without what no page of ours shows, and imported where there are pages."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import checks as admin_checks
from django.contrib.admin import sites
from django.contrib.admin.apps import SimpleAdminConfig
from django.core import checks
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):  # type: ignore[misc]  # the theme brings no types
    """Where the tables are registered."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the tables by app, with what the user may do to each, found out once somebody looks.

        Django asks it for every page, which takes as long as half of drawing it; our sidebar has entries of its own.
        """
        return SimpleLazyObject(lambda: super(Site, self).get_app_list(request, app_label))


class Theme(AppConfig):
    """The theme's app, in place of the theme's own configuration of it."""

    name = "unfold"

    def ready(self) -> None:
        """Put our site in the place of Django's, before tables are registered."""
        admin.site = sites.site = Site()


class Admin(SimpleAdminConfig):
    """Django's admin, whose modules are imported by the addresses that lead to them (dialer/urls.py).

    They are a fifth of what a process imports: 19 MB and most of a second that a worker has no use for.
    """

    def ready(self) -> None:
        """Have its checks find all tables, whether or not anything has asked for a page."""
        checks.register(admin_checks.check_dependencies, checks.Tags.admin)
        checks.register(_checked, checks.Tags.admin)


def _checked(app_configs: Any, **options: Any) -> list[Any]:
    admin.autodiscover()
    return list(admin_checks.check_admin_app(app_configs, **options))
