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
    "run-waiting-preflights": {
        "task": "campaigns.run_waiting_preflights",
        "schedule": 15.0,
        "options": {"expires": 10},
    },
}
