"""Where providers push to: with and without the last slash, and where somebody joined the address with two slashes.

A redirect to the right spelling would turn a POST into a GET, and the result would be lost.
"""

from django.urls import path, re_path

from webhooks.prefetching import prefetch
from webhooks.views import push

_ID = "(?P<public_id>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
_TOKEN = "(?P<token>[^/]+)"  # noqa: S105 - the place of a token
urlpatterns = [
    path("<uuid:public_id>/<str:token>/", push, name="push"),
    path("<uuid:public_id>/<str:token>/contact/", prefetch, name="prefetch"),
    re_path(f"^(?:/*){_ID}/+{_TOKEN}/*$", push),
    re_path(f"^(?:/*){_ID}/+{_TOKEN}/+contact/*$", prefetch),
]
