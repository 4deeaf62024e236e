"""Which words of the field the pages of campaigns, people and calls use: said at their foot."""

from __future__ import annotations

from dialer.admin.words import words_on

_RESULT = ("Outcome", "Disposition", "Told by", "Lost", "Uncertain", "Disagreement")

words_on({
    "index": (
        *("Campaign", "Live call", "Capacity", "Due", "Attempt", "DID", "Fleet", "Resting", "Lost", "Uncertain"),
        "Push",
    ),
    "campaigns_campaign": (
        *("Campaign", "Lead", "Attempt", "Due", "Window", "Cap", "Retry", "Disposition", "DID", "Weight", "Runs on"),
        *("Profile", "Preflight", "Brake", "Standing", "Exhausted", "Lost", "Uncertain", "Rehearsal"),
    ),
    "campaigns_campaign_exports": ("Attempt", "Lead", "Contact", *_RESULT, "Exhausted", "E.164"),
    "campaigns_did_health": ("DID", "Resting", "Outcome", "Lost"),
    "campaigns_calltemplate": ("Call template", "Variable", "Live call"),
    "campaigns_campaignrun": ("Run", "Campaign"),
    "campaigns_campaignnotice": ("Campaign", "Brake", "Opt-out"),
    "campaigns_hosteddialer": ("Hosted dialer", "Runs on", "Uncertain"),
    "campaigns_contact": (
        *("Contact", "Variable", "Lead", "Suppression", "Callback", "Passed over", "Exhausted", "E.164"),
    ),
    "campaigns_lead": ("Lead", "Due", "Attempt", "Callback", "Exhausted", "Passed over", "Cap", "Lost", "Uncertain"),
    "campaigns_savedfilter": ("Lead", "Attempt"),
    "campaigns_possibleoptout": ("Opt-out", "Suppression"),
    "campaigns_callback": ("Callback", "Due"),
    "campaigns_skip": ("Passed over", "Due", "Cap", "Window"),
    "campaigns_erasure": ("Contact", "Attempt", "Suppression", "E.164"),
    "campaigns_attempt": ("Attempt", *_RESULT, "Live call", "Deadline", "DID"),
    "campaigns_callnote": ("Disposition", "Attempt"),
    "campaigns_contactlist": ("Contact", "Variable", "Suppression", "E.164"),
    "campaigns_contactimport": ("Contact", "Variable", "E.164"),
    "campaigns_importsource": ("Contact",),
    "campaigns_suppressionlist": ("Suppression", "Opt-out"),
    "campaigns_suppressednumber": ("Suppression", "E.164"),
    "campaigns_optout": ("Opt-out", "Suppression"),
    "campaigns_rulesprofile": ("Profile", "Window", "Cap"),
    "campaigns_numberexception": ("E.164",),
    "campaigns_rulesversion": ("Window", "Cap", "Profile"),
    "campaigns_limitspan": ("Limit", "DID", "Capacity"),
    "campaigns_jobrun": ("Job",),
})  # fmt: skip
