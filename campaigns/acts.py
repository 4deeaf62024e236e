"""The acts on campaigns, contacts, leads and calls."""

from __future__ import annotations

from dialer.acts import Act, Role, on_model, register, table
from dialer.audit.parts import register_part

#: What is a part of what, in the audit.
for _part, _way in {
    "campaigns.lead": "campaign",
    "campaigns.attempt": "campaign",
    "campaigns.callback": "lead.campaign",
    "campaigns.callnote": "attempt.campaign",
    "campaigns.possibleoptout": "campaign",
    "campaigns.callingwindow": "campaign",
    "campaigns.contact": "contact_list",
    "campaigns.contactimport": "contact_list",
    "campaigns.importsource": "contact_list",
    "campaigns.suppressednumber": "suppression_list",
}.items():
    register_part(_part, _way)

VIEWER, MANAGER, ADMINISTRATOR = Role
_SEE, _CHANGE = "campaigns.view_campaign", "campaigns.change_campaign"
_SEE_CALL, _SEE_LEAD, _ADD_CONTACT = "campaigns.view_attempt", "campaigns.view_lead", "campaigns.add_contact"
#: Rows that managers keep.
KEPT = {"view": VIEWER, "add": MANAGER, "change": MANAGER, "delete": MANAGER}
SEEN = {"view": VIEWER}

on_model("campaigns.campaign", "campaigns", KEPT)
on_model("campaigns.calltemplate", "call templates", KEPT)
on_model(
    "campaigns.contactlist",
    "contact lists",
    KEPT,
    also={"delete": ("campaigns.view_contact", "campaigns.delete_contact")},
)
on_model("campaigns.contact", "contacts", KEPT)
on_model("campaigns.contactimport", "uploads, with the rows they refused", SEEN)
on_model("campaigns.importsource", "import sources", KEPT)
# Who takes a number off a list lets it be called: deleting a list, or taking it from all campaigns, does so too.
on_model(
    "campaigns.suppressionlist",
    "suppression lists",
    {"view": VIEWER, "add": MANAGER, "change": ADMINISTRATOR, "delete": ADMINISTRATOR},
    also={"delete": ("campaigns.view_suppressednumber", "campaigns.delete_suppressednumber")},
)
on_model(
    "campaigns.suppressednumber",
    "suppressed numbers",
    {"view": VIEWER, "add": MANAGER, "change": ADMINISTRATOR, "delete": ADMINISTRATOR},
)
on_model("campaigns.numberexception", "number exceptions", {"view": VIEWER, "add": MANAGER, "delete": MANAGER})
on_model("campaigns.savedfilter", "saved filters", KEPT)
on_model("campaigns.rulesprofile", "rules profiles", {"view": VIEWER, "add": ADMINISTRATOR, "change": ADMINISTRATOR})
on_model("campaigns.erasure", "erasures of persons", {"view": ADMINISTRATOR, "add": ADMINISTRATOR})
on_model("campaigns.lead", "leads", SEEN)
on_model("campaigns.attempt", "attempts", SEEN)
on_model("campaigns.callnote", "notes on calls", SEEN)
on_model("campaigns.campaignnotice", "notices", SEEN)
on_model("campaigns.campaignrun", "runs", SEEN)
on_model("campaigns.optout", "opt-outs", SEEN)
on_model("campaigns.possibleoptout", "what may be an opt-out", SEEN)
on_model("campaigns.callback", "callbacks", SEEN)
on_model("campaigns.skip", "who was passed over", SEEN)
on_model("campaigns.rulesversion", "versions of rules", SEEN)
on_model("campaigns.limitspan", "what held campaigns back", SEEN)
on_model("campaigns.hosteddialer", "hosted dialers", SEEN)
on_model("campaigns.hostedswitch", "switchings of hosted dialers", SEEN)
on_model("campaigns.hostedbatch", "batches for hosted dialers", SEEN)
on_model("campaigns.jobrun", "runs of scheduled jobs", SEEN)

SEE_CAMPAIGNS = table()["campaigns.campaign.view"]
ADD_CAMPAIGNS = table()["campaigns.campaign.add"]
CHANGE_CAMPAIGNS = table()["campaigns.campaign.change"]
ERASE = table()["campaigns.erasure.add"]
SEE_CONTACTS = table()["campaigns.contact.view"]
SEE_LEADS = table()["campaigns.lead.view"]
SEE_CALLS = table()["campaigns.attempt.view"]
SAVE_FILTERS = table()["campaigns.savedfilter.add"]
SEE_NOTICES = table()["campaigns.campaignnotice.view"]
SEE_NOTES = table()["campaigns.callnote.view"]
SEE_POSSIBLE_OPT_OUTS = table()["campaigns.possibleoptout.view"]
SEE_SUPPRESSED = table()["campaigns.suppressednumber.view"]
SUPPRESS = table()["campaigns.suppressednumber.add"]
LIFT = table()["campaigns.suppressednumber.delete"]
SEE_SWITCHINGS = table()["campaigns.hostedswitch.view"]
SEE_BATCHES = table()["campaigns.hostedbatch.view"]
SEE_IMPORTS = table()["campaigns.contactimport.view"]


def _act(name: str, words: str, *rights: str, role: Role) -> Act:
    return register(Act(name=f"campaigns.{name}", words=words, rights=rights, role=role))


OPERATE = _act("operate", "Start, pause, resume and stop campaigns", _SEE, _CHANGE, role=MANAGER)
ARRANGE = _act("arrange", "Archive campaigns, and take them back", _SEE, _CHANGE, role=MANAGER)
CLONE = _act("clone", "Copy a campaign into a new draft", _SEE, "campaigns.add_campaign", role=MANAGER)
REHEARSE = _act(
    "rehearse",
    "Rehearse a campaign in the sandbox, where nobody is called",
    *(_SEE, _CHANGE, "campaigns.add_campaign", "campaigns.view_contact", "dialer.open_sandbox"),
    role=MANAGER,
)
PREFLIGHT = _act("preflight", "See the preflight, with previews of calls", _SEE, "campaigns.view_contact", role=VIEWER)
CALL = _act("call", "Call a number once, one's own too", _SEE, _CHANGE, _ADD_CONTACT, _SEE_LEAD, role=MANAGER)
DRIP = _act("drip", "Add contacts to a campaign", _SEE, _CHANGE, _ADD_CONTACT, _SEE_LEAD, role=MANAGER)
UPLOAD = _act("upload", "Upload contacts to a list", _ADD_CONTACT, role=MANAGER)
OVERWRITE = _act(
    "overwrite",
    "Upload contacts that take the place of those there are",
    *(_ADD_CONTACT, "campaigns.view_contact", "campaigns.change_contact"),
    role=MANAGER,
)
CANCEL_IMPORT = _act(
    "cancel_import", "Cancel uploads that wait or run", _ADD_CONTACT, "campaigns.view_contactimport", role=MANAGER
)
FETCH = _act(
    "fetch",
    "Fetch and import a source now",
    *("campaigns.view_importsource", "campaigns.change_importsource", _ADD_CONTACT, "campaigns.change_contact"),
    role=MANAGER,
)
EXPORT = _act("export", "Export the calls or leads of campaigns", _SEE, _SEE_CALL, _SEE_LEAD, role=VIEWER)
EXPORT_CONTACTS = _act(
    "export_contacts",
    "Export the contacts of a list",
    *("campaigns.view_contactlist", "campaigns.view_contact"),
    role=VIEWER,
)
EVIDENCE = _act("evidence", "Download the record of a number", _SEE_CALL, "campaigns.view_skip", role=VIEWER)
FEED = _act("feed", "Read the feed of results", _SEE_CALL, "campaigns.view_campaignnotice", role=VIEWER)
WORK_LEADS = _act("work_leads", "Call a lead back, move it forward, take it out", _SEE_LEAD, _CHANGE, role=MANAGER)
LISTEN = _act("listen", "Listen to recordings", _SEE_CALL, "campaigns.download_recording", role=MANAGER)
RING_IN = _act("ring_in", "Ring another party into a call", _SEE_CALL, _CHANGE, role=MANAGER)
NOTE = _act("note", "Write notes on calls", _SEE_CALL, "campaigns.add_callnote", role=MANAGER)
NOTE_AGAIN = _act(
    "note_again", "Write notes back again", "campaigns.view_callnote", "campaigns.add_callnote", role=MANAGER
)
DECIDE = _act(
    "decide",
    "Decide what is an opt-out",
    *("campaigns.view_possibleoptout", "campaigns.change_possibleoptout"),
    role=MANAGER,
)
