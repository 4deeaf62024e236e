"""The sidebar, by what a campaign manager does; an entry is shown to those who may see its page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string

from dialer.acts import table

#: Group, then (title, icon, app and model, or the name of a page's address).
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "Campaigns",
        (
            ("Campaigns", "campaign", "campaigns.campaign"),
            ("To decide", "help", "campaigns.possibleoptout"),
            ("Notices", "notifications", "campaigns.campaignnotice"),
            ("Runs", "event_repeat", "campaigns.campaignrun"),
            ("Call templates", "description", "campaigns.calltemplate"),
            ("Rules profiles", "gavel", "campaigns.rulesprofile"),
        ),
    ),
    (
        "Contacts",
        (
            ("Contact lists", "lists", "campaigns.contactlist"),
            ("Imports", "upload_file", "campaigns.contactimport"),
            ("Import sources", "cloud_download", "campaigns.importsource"),
            ("Contacts", "contacts", "campaigns.contact"),
            ("Suppression lists", "block", "campaigns.suppressionlist"),
            ("Suppressed numbers", "phone_disabled", "campaigns.suppressednumber"),
            ("Number exceptions", "dialer_sip", "campaigns.numberexception"),
            ("Passed over", "phone_missed", "campaigns.skip"),
            ("Opt-outs", "do_not_disturb_on", "campaigns.optout"),
            ("Erasures", "person_remove", "campaigns.erasure"),
        ),
    ),
    (
        "Telephone",
        (
            ("Provider accounts", "cell_tower", "dialer.provideraccount"),
            ("DIDs", "dialpad", "dialer.did"),
            ("DID groups", "apps", "dialer.didgroup"),
            ("Agents", "support_agent", "dialer.agent"),
            ("Hosted dialers", "cloud_sync", "campaigns.hosteddialer"),
            ("Text templates", "record_voice_over", "dialer.texttemplate"),
            ("At the provider", "cloud_download", "dialer.synceditem"),
            ("Switchboard", "power_settings_new", "dialer.switchboard"),
        ),
    ),
    (
        "Results",
        (
            ("Leads", "person_search", "campaigns.lead"),
            ("Callbacks", "phone_callback", "campaigns.callback"),
            ("Attempts", "call_log", "campaigns.attempt"),
            ("Exports", "download", "admin:campaigns_campaign_exports"),
            ("Notes on calls", "sticky_note_2", "campaigns.callnote"),
            ("Provider events", "inbox", "webhooks.providerevent"),
            ("Subscriptions", "webhook", "webhooks.subscription"),
            ("Deliveries", "outgoing_mail", "webhooks.delivery"),
        ),
    ),
    (
        "System",
        (
            ("Scheduled jobs", "schedule", "django_celery_beat.periodictask"),
            ("Job runs", "task_alt", "campaigns.jobrun"),
            ("Archives", "inventory_2", "dialer.archive"),
            ("Audit", "policy", "dialer.auditentry"),
            ("API keys", "key", "dialer.apikey"),
            ("Users", "person", "auth.user"),
            ("Groups", "group", "auth.group"),
            ("Failed log-ins", "lock", "axes.accessattempt"),
        ),
    ),
)


#: The acts that pages of their own ask for; all others ask for seeing their table.
ACTS = {"admin:campaigns_campaign_exports": "campaigns.export"}
#: What counts beside an entry the things that wait for somebody, by its model.
BADGES = {"campaigns.possibleoptout": "campaigns.admin.possible_opt_outs.waiting_badge"}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the sidebar for the user of ``request``."""
    groups = []
    for title, entries in GROUPS:
        items = [_item(request, entry) for entry in entries if _may_view(request, entry[2])]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def _item(request: HttpRequest, entry: tuple[str, str, str]) -> dict[str, Any]:
    title, icon, label = entry
    address = label if label in ACTS else f"admin:{label.replace('.', '_')}_changelist"
    item = {"title": title, "icon": icon, "link": reverse(address)}
    badge = import_string(BADGES[label])(request) if label in BADGES else ""
    return item | ({"badge": badge} if badge else {})


def _may_view(request: HttpRequest, label: str) -> bool:
    return table()[ACTS.get(label) or f"{label}.view"].may(request.user)
