"""The acts on accounts, DIDs, agents and texts, on the switchboard, and on users."""

from __future__ import annotations

from dialer.acts.act import Act, Role, register, table
from dialer.acts.models import on_model

VIEWER, MANAGER, ADMINISTRATOR = Role
_SEE_ACCOUNT, _CHANGE_ACCOUNT = "dialer.view_provideraccount", "dialer.change_provideraccount"
#: Rows that administrators keep and everybody sees, e.g. to choose them in a campaign.
KEPT = {"view": VIEWER, "add": ADMINISTRATOR, "change": ADMINISTRATOR, "delete": ADMINISTRATOR}

on_model("dialer.provideraccount", "provider accounts", KEPT)
on_model("dialer.did", "DIDs", KEPT)
on_model("dialer.didgroup", "groups of DIDs", KEPT)
on_model("dialer.agent", "agents", {**KEPT, "change": MANAGER})
on_model("dialer.synceditem", "what is at the provider", {"view": VIEWER})
on_model("dialer.texttemplate", "text templates", {"view": VIEWER, "add": ADMINISTRATOR, "delete": ADMINISTRATOR})
on_model("dialer.numberquote", "quotes and purchases of numbers", {"view": ADMINISTRATOR})
on_model("dialer.switchboard", "the switchboard", {"view": VIEWER, "change": MANAGER})
on_model("dialer.archive", "archives of old rows", {"view": ADMINISTRATOR})
on_model("dialer.auditentry", "what was done to the objects that one may see, by whom", {"view": VIEWER})
on_model("auth.user", "users", dict.fromkeys(KEPT, ADMINISTRATOR), also={"add": ("auth.view_user", "auth.change_user")})
on_model("auth.group", "groups and their rights", dict.fromkeys(KEPT))
on_model("axes.accessattempt", "failed log-ins", {"view": None, "delete": None})

SEE_ACCOUNTS = table()["dialer.provideraccount.view"]
CHANGE_ACCOUNTS = table()["dialer.provideraccount.change"]
SEE_DIDS = table()["dialer.did.view"]
CHANGE_AGENTS = table()["dialer.agent.change"]
SEE_AUDIT = table()["dialer.auditentry.view"]
SEE_SWITCHBOARD = table()["dialer.switchboard.view"]
TURN_SWITCH = table()["dialer.switchboard.change"]
ADD_TEXT = table()["dialer.texttemplate.add"]
DELETE_TEXT = table()["dialer.texttemplate.delete"]

SEE_ACCESSES = register(
    Act(
        name="dialer.access.view",
        words="See who heard, exported and looked at what, and who logged in",
        rights=("dialer.view_auditentry", "dialer.view_access"),
        role=ADMINISTRATOR,
    )
)
SEE_FINDINGS = register(
    Act(name="dialer.findings.view", words="See on the first page what the operator should mend", rights=(), role=None)
)
SEE_NUMBERS = register(
    Act(
        name="dialer.numbers",
        words="See whole phone numbers; without it, +91 98•••••416",
        rights=("dialer.view_whole_number",),
        role=MANAGER,
    )
)
SEE_KEYS = register(
    Act(name="dialer.apikey.view", words="See one's own keys of the API; a superuser sees all", rights=(), role=VIEWER)
)
OWN_KEYS = register(
    Act(name="dialer.apikey.add", words="Make, replace and revoke one's own keys of the API", rights=(), role=VIEWER)
)
CHECK = register(
    Act(
        name="dialer.check",
        words="Check an account, sync it, register its push address",
        rights=(_SEE_ACCOUNT, _CHANGE_ACCOUNT),
        role=ADMINISTRATOR,
    )
)
OPEN_SANDBOX = register(
    Act(
        name="dialer.open_sandbox",
        words="Open the sandbox account of a provider, by which nobody is called",
        rights=(_SEE_ACCOUNT, "dialer.open_sandbox"),
        role=MANAGER,
    )
)
HIRE = register(
    Act(
        name="dialer.hire",
        words="Add agents and extensions at the provider",
        rights=(_SEE_ACCOUNT, _CHANGE_ACCOUNT, "dialer.add_agent"),
        role=ADMINISTRATOR,
    )
)
BUY = register(
    Act(
        name="dialer.buy",
        words="Search numbers for sale, and buy them",
        rights=(_SEE_ACCOUNT, _CHANGE_ACCOUNT, "dialer.add_numberquote"),
        role=ADMINISTRATOR,
    )
)
SEND_TEXT = register(
    Act(
        name="dialer.send_text",
        words="Send a text template again, or look for its approval",
        rights=("dialer.view_texttemplate", "dialer.add_texttemplate"),
        role=ADMINISTRATOR,
    )
)
CONFIRM_HOME = register(
    Act(
        name="dialer.confirm_home",
        words="Confirm that this database is the one that dials",
        rights=("dialer.view_switchboard", "dialer.change_switchboard", "dialer.change_installation"),
        role=ADMINISTRATOR,
    )
)
