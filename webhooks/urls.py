"""Where providers push to."""

from django.urls import path

from webhooks.prefetching import prefetch
from webhooks.views import push

urlpatterns = [
    path("<uuid:public_id>/<str:token>/", push, name="push"),
    path("<uuid:public_id>/<str:token>/contact/", prefetch, name="prefetch"),
]
