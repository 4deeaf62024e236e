"""The look of the admin."""

from __future__ import annotations

from django.templatetags.static import static

UNFOLD = {
    "SITE_TITLE": "Dialer",
    "SITE_HEADER": "Dialer",
    "SITE_SUBHEADER": "Outbound campaigns",
    "SITE_SYMBOL": "call",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("dialer/favicon.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "STYLES": [lambda request: static("dialer/admin.css")],
    "SCRIPTS": [lambda request: static("dialer/admin.js"), lambda request: static("dialer/search.js")],
    "SIDEBAR": {"show_search": False, "navigation": "dialer.admin.navigation.sidebar"},
    "DASHBOARD_CALLBACK": "campaigns.admin.home.home",
}
#: Libraries of tags that every template has. In place of Django's csrf_token: beside it, each form gets a key of its
#: own. And instants by a clock, the words of a page, where one is, and JSON in plain words.
TAGS = [f"dialer.admin.{name}" for name in ("form_keys", "words", "times", "whereabouts", "plain_values", "figures")]
