"""The package that writes states, and what counts as a write: each bad line is a way round that somebody may try."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.state_writes import state_writes
from tests.test_house import modules

BAD = [
    # SQL, however it is put together.
    'cursor.execute("UPDATE campaigns_lead SET state = %s WHERE id = %s")',
    'cursor.execute("update campaigns_lead set state = %s where id = 1")',
    'SQL = """UPDATE ONLY campaigns_attempt AS a\n   SET detail = %s,\n       state = CASE WHEN TRUE THEN %s END"""',
    """SQL = 'UPDATE "campaigns_campaign" c SET "state" = %s'""",
    'SQL = "UPDATE public.campaigns_lead SET (state, state_reason) = (%s, %s)"',
    'SQL = "UPDATE campaigns_lead " + "SET state = %s"',
    'SQL = "UPDATE campaigns_lead SET " + sets',
    'SQL = f"UPDATE campaigns_lead SET {sets} WHERE id = 1"',
    'SQL = f"UPDATE {table} SET state = %s"',
    'SQL = "UPDATE %s SET state = %%s" % table',
    'SQL = HEAD + "SET state = %s WHERE id = 1"',
    'sql.SQL("UPDATE {} SET state = %s").format(table)',
    'SQL = "WITH v AS (SELECT 1) UPDATE campaigns_lead l SET rank = (SELECT 1 FROM v WHERE TRUE), state = %s FROM v"',
    'SQL = "UPDATE campaigns_lead SET -- not rank\\n state = %s"',
    'SQL = "INSERT INTO campaigns_lead (number) SELECT number FROM campaigns_contact"',
    'SQL = f"INSERT INTO {table} (state) VALUES (%s)"',
    'SQL = "INSERT INTO campaigns_attempt (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET state = %s"',
    'SQL = "COPY campaigns_lead (number) FROM STDIN"',
    'SQL = "MERGE INTO campaigns_lead USING v ON TRUE WHEN MATCHED THEN UPDATE SET state = v.state"',
    # Django's models.
    'Lead.objects.filter(pk=1).update(state="CANCELED")',
    "Lead.objects.update(state=new)",
    'campaign.leads.filter(state="PENDING").update(state="CANCELED", ended_at=now)',
    'account.campaigns.exclude(pk=1).order_by("pk").update(state=CampaignState.PAUSED)',
    "models.Attempt._default_manager.update(state=state)",
    'Campaign.objects.filter(pk=1).update(**{"state": "PAUSED"})',
    "Campaign.objects.filter(pk=1).update(**changes)",
    'waiting = Lead.objects.filter(campaign=made)\nwaiting.update(state="EXPIRED")',
    "def end(waiting: QuerySet[Lead], state: str) -> None:\n    waiting.update(state=state)",
    'rows.update(state="RUNNING")',
    'apps.get_model("campaigns", "Lead").objects.update(state=state)',
    "Lead.objects.create(campaign=made)",
    "Lead.objects.bulk_create(leads)",
    "Campaign.objects.get_or_create(name=name)",
    "made.leads.create(number=number)",
    "await Attempt.objects.acreate(lead=lead)",
    'Lead.objects.bulk_update(leads, ["state"])',
    "Lead.objects.bulk_update(leads, fields)",
    "Lead(campaign=made, number=number)",
    "models.Campaign(name=name).save()",
    "from campaigns.models import Lead as Row\nRow(number=number)",
    'lead.state = "PENDING"',
    "lead.state = LeadState.PENDING",
    "campaign.state, campaign.state_reason = to, reason",
    "def move(lead: Lead, state: str) -> None:\n    lead.state = state",
    "for lead in made.leads.all():\n    lead.state = BatchState.ADDED",
    'setattr(lead, "state", "PENDING")',
    'lead.save(update_fields=["state"])',
    'def end(lead: Lead) -> None:\n    lead.save(update_fields=["ended_at", "state"])',
    'serializer.save(state="RUNNING")',
]
GOOD = [
    # Of these rows, other columns; of other rows, their states.
    "SQL = \"UPDATE campaigns_attempt SET next_poll_at = %s WHERE state <> 'ENDED'\"",
    "SQL = \"UPDATE campaigns_lead SET rank = CASE WHEN state = 'PENDING' THEN 1 ELSE 2 END FROM v WHERE state = 'X'\"",
    "SQL = \"UPDATE campaigns_lead SET state_reason = '' WHERE state = 'PENDING'\"",
    "SQL = \"SELECT id FROM campaigns_lead WHERE state = 'PENDING' FOR UPDATE\"",
    'SQL = f"UPDATE campaigns_contactimport SET {sets} WHERE state = %s"',
    "SQL = \"UPDATE webhooks_providerevent SET state = 'APPLIED' WHERE id = %s\"",
    'SQL = "INSERT INTO campaigns_leadnote (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET state = 1"',
    'SQL = "ALTER TABLE campaigns_lead ALTER state SET NOT NULL"',
    '"""UPDATE campaigns_lead SET state = %s is forbidden here."""',
    'raise ValueError("Copy %s to the list, or set state = done")',
    "Lead.objects.filter(pk=1).update(next_attempt_at=now)",
    'Lead.objects.filter(state="PENDING").exists()',
    'made.leads.filter(state="PENDING").count()',
    'HostedBatch.objects.filter(pk=1).update(state="RUNNING")',
    "HostedBatch.objects.filter(pk=1).update(state=state)",
    "dialer.batches.update(state=BatchState.ADDED)",
    "def end(imports: QuerySet[ContactImport], state: str) -> None:\n    imports.update(state=state)",
    "state = BatchState.SENDING if going else BatchState.RETURNED\nrows.update(state=state)",
    "Contact.objects.bulk_create(contacts)",
    'Agent.objects.bulk_update(agents, ["state"])',
    "batch.state = BatchState.ADDED",
    'event.state = "NEW" if event.reports else "IGNORED"',
    'def fail(event: Event) -> None:\n    event.state, event.problem = state_of(event), ""',
    "class Carrier:\n    def __init__(self) -> None:\n        self.state = self.platform.new_state()",
    'delivery = Delivery(state=DeliveryState.WAITING)\ndelivery.save(update_fields=["state"])',
    'LeadNext(state="PENDING")',
    'lead.save(update_fields=["next_attempt_at"])',
    "state = campaign.state",
]


@pytest.mark.parametrize("source", BAD)
def test_what_writes_a_state_is_found(source: str) -> None:
    assert state_writes(source) != []


@pytest.mark.parametrize("source", GOOD)
def test_what_writes_none_is_let_be(source: str) -> None:
    assert state_writes(source) == []


def test_the_package_of_states_writes_all_three() -> None:
    found = " ".join(write for path in modules("campaigns/states") for write in state_writes(path.read_text()))
    for table in ("campaigns_lead", "campaigns_attempt", "campaigns_campaign"):
        assert f"UPDATE {table} SET state" in found


@pytest.mark.parametrize("path", modules("campaigns/states"), ids=lambda path: path.stem)
def test_every_write_of_a_state_looks_at_what_it_changed(path: Path) -> None:
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    assert [function.name for function in functions if is_blind(function)] == []


def is_blind(function: ast.FunctionDef) -> bool:
    """Return whether a function writes, and looks neither at the count nor at the rows that come back."""
    used = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    dropped = [node.value for node in ast.walk(function) if isinstance(node, ast.Expr)]
    called = {ast.unparse(node.func).split(".")[-1] for node in dropped if isinstance(node, ast.Call)}
    looks = used & {"rowcount", "fetchone", "fetchall"} or function.name.startswith("lock_")
    return "update" in called or ("execute" in used and not looks)


@pytest.mark.parametrize(
    ("body", "blind"),
    [
        ("cursor.execute(SQL)", True),
        ("Lead.objects.filter(pk=1).update(state=to)", True),
        ("cursor.execute(SQL)\n    return cursor.rowcount", False),
        ("return Lead.objects.filter(pk=1).update(state=to)", False),
    ],
)
def test_a_write_that_looks_at_nothing_is_seen(body: str, blind: bool) -> None:
    (function,) = ast.parse(f"def end():\n    {body}").body
    assert isinstance(function, ast.FunctionDef)
    assert is_blind(function) is blind
