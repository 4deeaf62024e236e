"""How work is queued and what is rung by the clock: settings of Celery."""

from __future__ import annotations

from celery.schedules import crontab

# Long work goes to workers of its own (queue batch): pacing calls must not wait for it.
CELERY_TASK_ROUTES = {
    name: {"queue": "batch"}
    for name in (
        "campaigns.run_import",
        "campaigns.run_waiting_imports",
        "campaigns.import_source",
        "campaigns.export_results",
        "campaigns.take_up_jobs",
        "campaigns.run_erasure",
        "campaigns.run_preflight",
        "campaigns.run_waiting_preflights",
        "campaigns.sync_accounts",
        "campaigns.check_counts",
        "campaigns.retain",
        "campaigns.audit",
        "campaigns.tell_expiring_keys",
        "dialer.sync_account",
        "dialer.run_waiting_syncs",
        "dialer.tidy_up",
        "webhooks.pull_logs",
    )
}

CELERY_BEAT_SCHEDULE = {
    # They ring themselves each second; beat reaches those that hang, and is seen to live.
    "ring-the-engines": {"task": "campaigns.look", "schedule": 5.0, "options": {"expires": 5}},
    "run-waiting-imports": {"task": "campaigns.run_waiting_imports", "schedule": 15.0, "options": {"expires": 10}},
    "tidy-up": {"task": "dialer.tidy_up", "schedule": 3600.0, "options": {"expires": 1800}},
    "tell-expiring-keys": {"task": "campaigns.tell_expiring_keys", "schedule": 3600.0, "options": {"expires": 1800}},
    # 03:10 in India: it reads all leads and attempts of the campaigns under way.
    "check-counts": {
        "task": "campaigns.check_counts",
        "schedule": crontab(hour=21, minute=40),
        "options": {"expires": 3600},
    },
    "run-waiting-syncs": {"task": "dialer.run_waiting_syncs", "schedule": 15.0, "options": {"expires": 10}},
    "run-waiting-erasures": {"task": "campaigns.run_erasure", "schedule": 60.0, "options": {"expires": 50}},
    "take-up-jobs": {"task": "campaigns.take_up_jobs", "schedule": 60.0, "options": {"expires": 50}},
    "run-waiting-preflights": {
        "task": "campaigns.run_waiting_preflights",
        "schedule": 15.0,
        "options": {"expires": 10},
    },
}

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "dialer"
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# A changed entry is noticed after so many seconds.
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
# After so many bells, one in five seconds, beat writes down in PostgreSQL when it last rang: it lives.
CELERY_BEAT_SYNC_EVERY = 2
