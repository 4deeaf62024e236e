"""Settings of the project, read from the environment. A bad value stops the start: nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import available_timezones

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

# What Django reads and no environment changes.
from dialer.fixed_settings.guards import *  # noqa: F403
from dialer.fixed_settings.kept import read_kept_days
from dialer.fixed_settings.rest import *  # noqa: F403
from dialer.fixed_settings.sessions import *  # noqa: F403
from dialer.fixed_settings.sessions import CONNECTION_OPTIONS
from dialer.fixed_settings.theme import *  # noqa: F403
from dialer.fixed_settings.theme import TAGS
from dialer.fixed_settings.work import *  # noqa: F403
from dialer.logs.configuration import log_settings
from dialer.processes import PUSH_THREADS, WEB_THREADS
from dialer.redis_address import BadRedisAddress, redis_address

# Lets generic Django classes be written with their type, as in ModelAdmin[Lead].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Services -------------------------------------------------------------------------------------------------------
# manage.py and the tests set these when they start the embedded servers; in production they are given.
DATABASE_URL = env.str("DATABASE_URL", default="postgresql:///dialer")
# One server, or sentinel://:PASSWORD@HOST,HOST,HOST/0?master=NAME.
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
try:
    redis_at = redis_address(REDIS_URL)
except BadRedisAddress as problem:
    raise ImproperlyConfigured(str(problem)) from None

DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: Dialer keeps its promises in PostgreSQL.")
# By what a pooler before PostgreSQL lends its sessions: session (right without a pooler as well), or transaction.
DATABASE_POOL_MODE = env.str("DATABASE_POOL_MODE", default="session")
if DATABASE_POOL_MODE not in {"session", "transaction"}:
    raise ImproperlyConfigured("DATABASE_POOL_MODE is session or transaction, as pool_mode of PgBouncer is.")
# One statement of a page or a request may take so many seconds: a thread that waits longer is missing for all others.
DIALER_WEB_STATEMENT_SECONDS = env.int("DIALER_WEB_STATEMENT_SECONDS", default=30)
DATABASES["default"].update(
    ENGINE="dialer.database",
    CONN_MAX_AGE=None,
    CONN_HEALTH_CHECKS=True,
    OPTIONS={**CONNECTION_OPTIONS, **DATABASES["default"].get("OPTIONS", {}), "connect_timeout": 5},
)

# --- Security -------------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set: give the environment a long random string.")
# Keys of the credentials at rest, newest first: the first encrypts, all decrypt, so that keys can be rotated.
DIALER_ENCRYPTION_KEYS = env.list("DIALER_ENCRYPTION_KEYS", default=[])
if not DIALER_ENCRYPTION_KEYS:
    raise ImproperlyConfigured(
        "DIALER_ENCRYPTION_KEYS is not set: give one or more long random strings, comma separated."
    )
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# What providers push to: scheme, host, port and path prefix of this installation as the providers reach it.
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
# The carrier of sandbox accounts, as our own processes reach it, and by how much it shortens what takes time in a call.
DIALER_SANDBOX_URL = env.str("DIALER_SANDBOX_URL", default="http://127.0.0.1:8765").rstrip("/")
DIALER_SANDBOX_TIME_FACTOR = env.float("DIALER_SANDBOX_TIME_FACTOR", default=20.0)
# Where that carrier pushes results to, as it reaches us.
DIALER_SANDBOX_PUSHES_TO = env.str("DIALER_SANDBOX_PUSHES_TO", default=PUBLIC_BASE_URL).rstrip("/")
# A proxy in front ends TLS and says so in X-Forwarded-Proto. Who has an https address has one, unless he says no.
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", default=PUBLIC_BASE_URL.startswith("https://"))
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600)
    SECURE_SSL_REDIRECT = True
# A redirected push becomes a GET and its result is lost; health checks and Prometheus ask the process itself, without
# the proxy.
SECURE_REDIRECT_EXEMPT = [r"^/*push/", r"^api/v1/(health|ready)/", r"^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS_PROXY
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "dialer.serving.error_pages.forged"
# So many proxies of ours stand in front; each adds to X-Forwarded-For whom it was asked by.
DIALER_PROXIES = env.int("DIALER_PROXIES", default=1 if BEHIND_TLS_PROXY else 0)
# A copy of the database lets nobody in who is logged in.
SESSION_ENGINE = "dialer.sessions"
# Other hosts of the same domain, and browsers' lists of hosts, are not this installation's to decide about.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Dialer ---------------------------------------------------------------------------------------------------------
# A copy never dials: when no worker has been seen for longer than this, a person confirms that this is the only one.
DIALER_LONGEST_PAUSE_SECONDS = env.int("DIALER_LONGEST_PAUSE_SECONDS", default=900)
# Most calls of one worker process that may be between reserving and the provider's reply.
DIALER_CALLS_IN_FLIGHT = env.int("DIALER_CALLS_IN_FLIGHT", default=400)
# How often the call log of a provider is read while calls are under way, and the most questions about single calls
# that are asked of an account in any second, where its provider documents no rate of its own.
DIALER_LOG_PULL_SECONDS = env.int("DIALER_LOG_PULL_SECONDS", default=15)
DIALER_LOOKUPS_PER_SECOND = env.int("DIALER_LOOKUPS_PER_SECOND", default=10)
# Threads of a web process, and those of any process that takes pushes: they take nothing else.
DIALER_WEB_THREADS = env.int("DIALER_WEB_THREADS", default=WEB_THREADS)
DIALER_PUSH_THREADS = env.int("DIALER_PUSH_THREADS", default=PUSH_THREADS)
# So many readers of the feed may wait at one web process for what comes (wait=30); each is an idle connection.
DIALER_MOST_WAITING = env.int("DIALER_MOST_WAITING", default=500)
# A body of a request must be there after so many seconds, however it drips; uploads get a second per 125 KB more.
DIALER_BODY_SECONDS = env.float("DIALER_BODY_SECONDS", default=15.0)
# The largest push, in bytes: an hour of speech in a script of three bytes a letter comes to about a quarter of it.
DIALER_PUSH_MAX_BYTES = env.int("DIALER_PUSH_MAX_BYTES", default=1024 * 1024)
# What an account may push in a minute. Above it its provider is asked to push again later (429).
DIALER_PUSHES_PER_MINUTE = env.int("DIALER_PUSHES_PER_MINUTE", default=60_000)
DIALER_PUSH_BYTES_PER_MINUTE = env.int("DIALER_PUSH_BYTES_PER_MINUTE", default=64 * 1024 * 1024)
# Days that old rows are kept, by their kind, e.g. DIALER_KEEP_CALLS_DAYS; 0: for ever. See docs/operating.md.
DIALER_KEEP_DAYS = read_kept_days(env)
# Where old rows are written before they are removed; empty: those that nobody may lose are not removed.
DIALER_ARCHIVE_FOLDER = env.str("DIALER_ARCHIVE_FOLDER", default="")
# Whether the OpenAPI document and its pages are given to those who are not logged in.
DIALER_PUBLIC_API_DOCS = env.bool("DIALER_PUBLIC_API_DOCS", default=DEBUG)
# The zone in which pages show times to users who chose none; empty: UTC, and campaigns by their own clocks.
DIALER_TIME_ZONE = env.str("DIALER_TIME_ZONE", default="")
if DIALER_TIME_ZONE and DIALER_TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured("DIALER_TIME_ZONE is an IANA zone, such as Asia/Kolkata.")
# Requests that an API key, or a user who is logged in, may send to REST in a minute; 0: as many as he likes.
DIALER_REQUESTS_PER_MINUTE = env.int("DIALER_REQUESTS_PER_MINUTE", default=3000)
# Wrong API keys of one address that are answered 401 in a minute, the others are told to wait; 0: no limit.
DIALER_WRONG_KEYS_PER_MINUTE = env.int("DIALER_WRONG_KEYS_PER_MINUTE", default=20)
# Web pages of these origins (https://crm.example) may use REST in a browser, with a key of theirs; empty: none may.
CORS_ALLOWED_ORIGINS = env.list("DIALER_CORS_ORIGINS", default=[])
# How long the answer to a request with a key (Idempotency-Key, or the key in a form of the admin) is kept.
DIALER_KEEP_ANSWERS_HOURS = env.int("DIALER_KEEP_ANSWERS_HOURS", default=24)
# The largest file that may be uploaded to a list, in bytes.
DIALER_UPLOAD_MAX_BYTES = env.int("DIALER_UPLOAD_MAX_BYTES", default=300 * 1024 * 1024)
# Who may send files as large as that to the admin: users with one of these rights.
DIALER_UPLOAD_RIGHTS = ("campaigns.add_contact", "campaigns.add_suppressednumber")

# Import sources of the kind file: are read from below this folder only; empty: there are none.
DIALER_IMPORT_FOLDER = env.str("DIALER_IMPORT_FOLDER", default="")
# Where the job campaigns.export_results writes its files; empty: it writes none.
DIALER_EXPORT_FOLDER = env.str("DIALER_EXPORT_FOLDER", default="")
# Whether addresses that people enter (imports, subscriptions) may lead into private networks.
DIALER_ALLOW_PRIVATE_ADDRESSES = env.bool("DIALER_ALLOW_PRIVATE_ADDRESSES", default=False)
# Each from the beginning to the last byte, however it comes: an import's file, a recording, a subscriber's answer.
DIALER_FETCH_SECONDS = env.float("DIALER_FETCH_SECONDS", default=120.0)
DIALER_RECORDING_SECONDS = env.float("DIALER_RECORDING_SECONDS", default=300.0)
DIALER_SUBSCRIBER_SECONDS = env.float("DIALER_SUBSCRIBER_SECONDS", default=10.0)

# Prometheus asks /metrics with this token; empty: nobody is told. And each worker tells its own figures on host:port,
# or on the first free port after it; empty: it does not.
DIALER_METRICS_TOKEN = env.str("DIALER_METRICS_TOKEN", default="")
DIALER_METRICS_ADDRESS = env.str("DIALER_METRICS_ADDRESS", default="")
if DIALER_METRICS_ADDRESS and not DIALER_METRICS_ADDRESS.rpartition(":")[2].isdecimal():
    raise ImproperlyConfigured("DIALER_METRICS_ADDRESS is host:port, such as 127.0.0.1:9464.")

# Where the stages of calls are told as traces (OTLP over HTTP, such as http://collector:4318/v1/traces), and of what
# share of calls, from 0 to 1; empty: nowhere. Headers: OTEL_EXPORTER_OTLP_HEADERS.
DIALER_TRACES_URL = env.str("DIALER_TRACES_URL", default="")
DIALER_TRACES_SHARE = env.float("DIALER_TRACES_SHARE", default=1.0)
if DIALER_TRACES_URL and not DIALER_TRACES_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured("DIALER_TRACES_URL is a URL, such as http://127.0.0.1:4318/v1/traces.")
if not 0 <= DIALER_TRACES_SHARE <= 1:
    raise ImproperlyConfigured("DIALER_TRACES_SHARE is a share from 0 to 1.")
# Errors are told to Sentry, or what speaks as it does, by this DSN; empty: to nobody.
SENTRY_DSN = env.str("SENTRY_DSN", default="")

# --- Django ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "dialer.theme.Theme",
    "unfold.contrib.filters",
    "dialer.theme.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "corsheaders",
    "django_celery_beat",
    "axes",
    "dialer",
    "campaigns",
    "webhooks",
]
MIDDLEWARE = [
    "dialer.api.wire.ApiWire",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "dialer.bodies.LimitBodies",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dialer.serving.masking.MasksNumbers",
    "dialer.serving.squeezing.SqueezesPages",
    "dialer.audit.acting.NamesWhoActs",
    "dialer.serving.readers_clock.ReadersClock",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
    "dialer.serving.patience.PatienceEnds",
    "dialer.admin.sent_forms.DoSentFormsOnce",
]
ROOT_URLCONF = "dialer.urls"
WSGI_APPLICATION = "dialer.wsgi.application"
ASGI_APPLICATION = "dialer.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Ours go before those of the admin's theme.
        "DIRS": [BASE_DIR / "dialer" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
            "builtins": TAGS,
        },
    },
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "dialer.logins.UserBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
USE_I18N = True
FORMAT_MODULE_PATH = ["dialer.formats"]
# Everything stored and computed is UTC; zones belong to campaigns, contacts, and those who read the pages.
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
# Where nothing was collected (collectstatic, as the image does), files are served out of the packages.
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# --- Celery ---------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = redis_at.broker_url
# A publisher must not hang when Redis is away: the bell is only a hint, PostgreSQL holds the work.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "max_retries": 1,
    **redis_at.broker_options,
}
# --- Logging --------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = "dialer.logs.configuration.configure"
DEFAULT_EXCEPTION_REPORTER_FILTER = "dialer.debug_pages.PageFilter"
DEFAULT_EXCEPTION_REPORTER = "dialer.debug_pages.PageReporter"
LOGGING = log_settings(level=env.str("LOG_LEVEL", default="INFO"), as_json=env.bool("LOG_JSON", default=False))
