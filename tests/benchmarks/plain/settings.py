"""Settings of the plain project; DATABASE_URL, REDIS_URL and the PLAIN_… variables are set by the benchmark."""

from __future__ import annotations

import os
from typing import Any

import environ

SECRET_KEY = "of a benchmark"
INSTALLED_APPS = ["rest_framework", "tests.benchmarks.plain"]
DATABASES = {"default": {**environ.Env.db_url_config(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": None}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.benchmarks.plain.urls"
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
TIME_ZONE = "UTC"
REST_FRAMEWORK: dict[str, Any] = {"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": []}

#: Database 1: our own messages are in 0.
REDIS_URL = os.environ.get("REDIS_URL", "").removesuffix("/0") + "/1"
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_BEAT_SCHEDULE = {"feed": {"task": "tests.benchmarks.plain.tasks.feed", "schedule": 1.0}}

LIVE_LIMIT = int(os.environ.get("PLAIN_LIMIT", "20"))
CARRIER_URL = os.environ.get("PLAIN_CARRIER_URL", "")
CARRIER_KEY = os.environ.get("PLAIN_CARRIER_KEY", "")
DID = os.environ.get("PLAIN_DID", "")
PUSH_TOKEN = os.environ.get("PLAIN_PUSH_TOKEN", "")
