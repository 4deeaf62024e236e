"""What is watched of campaigns, calls, uploads and jobs: what paused itself, what nobody has news of, what failed."""

from __future__ import annotations

from datetime import datetime

from campaigns.acts import SEE_CALLS, SEE_CAMPAIGNS, SEE_IMPORTS, SEE_POSSIBLE_OPT_OUTS
from campaigns.explaining.line_owners import RING_MARGIN_SECONDS
from campaigns.lifecycle.beat import BELL, SILENT_AFTER
from campaigns.lifecycle.home import TOLD_WITHIN
from campaigns.models.fallback import TEMPLATE_OF_CALL
from campaigns.states.campaigns import BY_A_PERSON
from dialer.acts import table
from dialer.acts.telephone import SEE_SWITCHBOARD
from dialer.admin.attention import Row, Trouble, page, watch
from dialer.reader import at_clocks


def _at(instant: datetime, now: datetime, zone: str = "") -> str:
    return at_clocks(instant, zone=zone, now=now)


# A doubt about the home turns the switchboard off, which home shows by itself.
_NO_WORKER = f"""
SELECT i.seen_at, i.healthy_at FROM dialer_installation i
 WHERE i.doubt_since IS NULL
   AND COALESCE(i.healthy_at < %(now)s::timestamptz - interval '{TOLD_WITHIN.total_seconds()} seconds', TRUE)
   AND EXISTS (SELECT 1 FROM campaigns_campaign c WHERE c.state = 'RUNNING')
"""  # noqa: S608


@watch("no-worker", act=SEE_SWITCHBOARD, sql=_NO_WORKER)
def _no_worker(row: Row, now: datetime) -> Trouble:
    last = row["seen_at"]
    if last is not None and now - last <= TOLD_WITHIN:
        said = "Nobody is called: the clocks of all workers are wrong."
    else:
        since = f"since {_at(last, now)}" if last else "yet"
        said = f"Nobody is called: no worker has been at work {since}. The operator must start one."
    return Trouble(
        said=said,
        button="Look at the switchboard",
        url=page("dialer_switchboard_changelist"),
        is_grave=True,
    )


_NO_BEAT = f"""
SELECT b.last_run_at AS rang_at FROM django_celery_beat_periodictask b
 WHERE b.name = '{BELL}' AND b.last_run_at < %(now)s::timestamptz - interval '{SILENT_AFTER.total_seconds()} seconds'
   AND EXISTS (SELECT 1 FROM campaigns_campaign c WHERE c.state = 'RUNNING')
"""  # noqa: S608


@watch("no-beat", act=SEE_SWITCHBOARD, sql=_NO_BEAT)
def _no_beat(row: Row, now: datetime) -> Trouble:
    return Trouble(
        said=f"Beat has not been seen since {_at(row['rang_at'], now)}: calls go on, but scheduled imports, "
        "syncs, exports and runs wait. The operator must start it.",
        button="Look at the switchboard",
        url=page("dialer_switchboard_changelist"),
    )


_PAUSED_ITSELF = f"""
SELECT id, name, state_reason, state_changed_at FROM campaigns_campaign
 WHERE state = 'PAUSED' AND NOT starts_with(state_reason, '{BY_A_PERSON}') ORDER BY state_changed_at DESC
"""  # noqa: S608


@watch("paused-itself", act=SEE_CAMPAIGNS, sql=_PAUSED_ITSELF)
def _paused_itself(row: Row, now: datetime) -> Trouble:
    return Trouble(
        said=f"{row['name']} paused itself: {row['state_reason']}",
        button="See why, and resume",
        url=page("campaigns_campaign_live", row["id"]),
        is_grave=True,
    )


# As line_owners counts those without news, by campaign.
_WITHOUT_NEWS = f"""
SELECT c.id, c.name, c.time_zone, count(*) AS calls, max(a.deadline_at) AS given_up_at
  FROM campaigns_attempt a JOIN campaigns_campaign c ON c.id = a.campaign_id
  {TEMPLATE_OF_CALL}
 WHERE a.ended_at IS NULL AND a.state NOT IN ('RESERVED', 'ANSWERED')
   AND NOT EXISTS (SELECT 1 FROM campaigns_hostednumber h WHERE h.attempt_id = a.id)
   AND (a.state = 'UNCERTAIN'
        OR a.placing_at + make_interval(secs => t.max_ring_seconds + {RING_MARGIN_SECONDS}) <= %(now)s)
 GROUP BY c.id
"""  # noqa: S608


@watch("without-news", act=SEE_CALLS, sql=_WITHOUT_NEWS)
def _without_news(row: Row, now: datetime) -> Trouble:
    calls = "1 call is" if row["calls"] == 1 else f"{row['calls']:,} calls are"
    until = _at(row["given_up_at"], now, row["time_zone"])
    return Trouble(
        said=f"{row['name']}: {calls} without news, and hold lines until {until} unless the provider tells sooner.",
        button="See the calls",
        url=page("campaigns_attempt_changelist", campaign__id__exact=row["id"], live=1),
    )


# Of the latest ones: who uploads wants to know today, and next week's file is another one.
_UPLOADS = """
SELECT i.id, i.file_name, i.rows_refused, i.state, i.problem, l.name
  FROM (SELECT * FROM campaigns_contactimport ORDER BY id DESC LIMIT 50) i
  JOIN campaigns_contactlist l ON l.id = i.contact_list_id
 WHERE i.created_at > %(now)s::timestamptz - interval '1 day' AND (i.rows_refused > 0 OR i.state = 'FAILED')
 ORDER BY i.id DESC
"""


@watch("upload-refusals", act=SEE_IMPORTS, sql=_UPLOADS)
def _uploads(row: Row, now: datetime) -> Trouble:
    failed = f"could not be read: {row['problem']}"
    rows = "1 row was" if row["rows_refused"] == 1 else f"{row['rows_refused']:,} rows were"
    return Trouble(
        said=f"{row['file_name'] or 'An upload'} to {row['name']}: "
        + (failed if row["state"] == "FAILED" else f"{rows} refused."),
        button="See and mend them",
        url=page("campaigns_contactimport_change", row["id"]),
    )


# Of templates that a campaign uses which is under way, or about to be: their provider's word or a person's.
_TEXTS = """
SELECT DISTINCT ON (t.id) t.id, t.name, t.approval, c.name AS campaign
  FROM campaigns_campaign c JOIN campaigns_calltemplate t ON t.id IN (c.template_id, c.fallback_template_id)
 WHERE c.state IN ('DRAFT', 'SCHEDULED', 'RUNNING', 'PAUSED') AND t.approval IN ('WAITING', 'REJECTED')
 ORDER BY t.id, c.is_standing, c.id DESC
"""
_APPROVALS = {"WAITING": "waits for its approval", "REJECTED": "was rejected or withdrawn"}


@watch("template-not-approved", act=SEE_CAMPAIGNS, sql=_TEXTS)
def _texts(row: Row, now: datetime) -> Trouble:
    return Trouble(
        said=f"{row['name']} {_APPROVALS[row['approval']]}: {row['campaign']} calls nobody with it.",
        button="Look at the template",
        url=page("campaigns_calltemplate_change", row["id"]),
        is_grave=True,
    )


# The latest run of a job tells: one that went well after a failure has mended it.
_JOBS = """
SELECT r.id, r.job, r.problem FROM (SELECT * FROM campaigns_jobrun ORDER BY id DESC LIMIT 50) r
 WHERE r.problem <> '' AND r.begun_at > %(now)s::timestamptz - interval '2 days'
   AND NOT EXISTS (SELECT 1 FROM campaigns_jobrun later WHERE later.job = r.job AND later.edge_at > r.edge_at)
"""


@watch("job-failed", act=table()["campaigns.jobrun.view"], sql=_JOBS)
def _jobs(row: Row, now: datetime) -> Trouble:
    return Trouble(
        said=f"The job {row['job']} failed: {row['problem']}",
        button="Look at its run",
        url=page("campaigns_jobrun_change", row["id"]),
    )


_RUNS = """
SELECT c.id, c.name, c.time_zone, r.problem, r.edge_at FROM (
       SELECT * FROM campaigns_campaignrun ORDER BY id DESC LIMIT 50) r
  JOIN campaigns_campaign c ON c.id = r.campaign_id
 WHERE r.problem <> '' AND r.begun_at > %(now)s::timestamptz - interval '1 day'
   AND NOT EXISTS (SELECT 1 FROM campaigns_campaignrun later WHERE later.campaign_id = r.campaign_id
                      AND later.edge_at > r.edge_at)
"""


@watch("run-failed", act=table()["campaigns.campaignrun.view"], sql=_RUNS)
def _runs(row: Row, now: datetime) -> Trouble:
    return Trouble(
        said=f"{row['name']} could not begin its run of {_at(row['edge_at'], now, row['time_zone'])}: {row['problem']}",
        button="Look at the campaign",
        url=page("campaigns_campaign_live", row["id"]),
        is_grave=True,
    )


_TO_DECIDE = """
SELECT count(*) AS doubts FROM campaigns_possibleoptout WHERE decided_at IS NULL HAVING count(*) > 0
"""


@watch("to-decide", act=SEE_POSSIBLE_OPT_OUTS, sql=_TO_DECIDE)
def _to_decide(row: Row, now: datetime) -> Trouble:
    return Trouble(
        said=f"Possible opt-outs that somebody must decide on: {row['doubts']:,}. Nobody calls these numbers before.",
        button="Decide",
        url=page("campaigns_possibleoptout_changelist"),
    )
