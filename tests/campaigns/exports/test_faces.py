"""Exports over REST, by the command and in the admin: each is proved whole by its manifest, or refused by its field."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from rest_framework.test import APIClient

from campaigns.erasure.elsewhere import not_reachable
from campaigns.erasure.person import find
from dialer.models import AuditEntry
from tests.api.conftest import API, ClientFor, api, client_for
from tests.api.test_errors import error_of
from tests.campaigns.exports.files import called, file_of, rows_of
from tests.campaigns.world import NOON, account, campaign

__all__ = ["api", "client_for"]
pytestmark = pytest.mark.django_db

VIEW = ("campaigns.view_campaign", "campaigns.view_attempt", "campaigns.view_lead")


def proof(client: APIClient, reply: Any) -> tuple[dict[str, Any], bytes]:
    """Return the manifest of a reply and its bytes, as a server takes them."""
    content = b"".join(reply)
    found: dict[str, Any] = client.get(f"{API}/exports/{reply['Dialer-Export']}/").json()
    return found, content


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_manifest_proves_a_file_whole(api: APIClient, form: str) -> None:
    made = campaign(account(), leads=3)
    reply: Any = api.get(f"{API}/export/?what=leads&form={form}&campaign={made.pk}&columns=lead_id,number&variables=*")
    found, content = proof(api, reply)
    assert found["is_whole"] is True
    assert (found["rows"], found["bytes"]) == (3, len(content))
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    assert (found["what"], found["of"], found["columns"]) == ("leads", [made.pk], ["lead_id", "number"])


def test_what_broke_off_is_not_called_whole(api: APIClient) -> None:
    made = campaign(account(), leads=3)
    reply: Any = api.get(f"{API}/campaigns/{made.pk}/export/?what=leads")
    pieces = iter(reply)
    next(pieces)
    pieces.close()
    found = api.get(f"{API}/exports/{reply['Dialer-Export']}/").json()
    assert found["is_whole"] is False
    assert found["bytes"] > 0


def test_a_file_with_masked_numbers_is_proved_as_it_was_sent(client_for: ClientFor) -> None:
    made = campaign(account(), leads=["+919876543210"])
    viewer = client_for(*VIEW)
    found, content = proof(viewer, viewer.get(f"{API}/campaigns/{made.pk}/export/?what=leads"))
    assert b"9876543210" not in content
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    whole: Any = viewer.get(f"{API}/campaigns/{made.pk}/export/?what=leads&form=xlsx")
    assert whole.status_code == 403, "nothing in a workbook can be masked on its way"


def test_others_manifests_are_shown_to_those_who_may_see_accesses(client_for: ClientFor, api: APIClient) -> None:
    made = campaign(account(), leads=1)
    reply: Any = api.get(f"{API}/campaigns/{made.pk}/export/")
    stranger = client_for(*VIEW)
    assert stranger.get(f"{API}/exports/{reply['Dialer-Export']}/").status_code == 404
    assert api.get(f"{API}/exports/{AuditEntry.objects.latest('pk').pk + 1}/").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("what=leads", "campaign"),
        ("campaign={id}&columns=nmber", "columns"),
        ("campaign={id}&time_zone=Asia/Bombay2", "time_zone"),
        ("campaign={id}&form=pdf", "form"),
        ("campaign={id}&contact_list=1", "contact_list"),
        ("campaign={id}&from=2026-01-01", "from"),
        ("campaign={id}&since=2026-01-01T00:00:00", "since"),
        ("what=contacts&campaign={id}", "contact_list"),
    ],
)
def test_what_cannot_be_had_is_said_with_its_field(api: APIClient, query: str, field: str) -> None:
    made = campaign(account(), leads=1)
    reply = api.get(f"{API}/export/?{query.format(id=made.pk)}")
    assert error_of(reply, 400)["fields"][0]["field"].startswith(field)


def test_a_campaign_that_is_not_there_is_404_and_contacts_need_their_own_right(
    api: APIClient, client_for: ClientFor
) -> None:
    made = campaign(account(), leads=1)
    assert api.get(f"{API}/export/?campaign={made.pk}&campaign=999999").status_code == 404
    of = made.contact_lists.get()
    viewer = client_for(*VIEW)
    assert viewer.get(f"{API}/export/?what=contacts&contact_list={of.pk}").status_code == 403


def test_the_command_counts_writes_and_proves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = campaign(account(), leads=2)
    call_command("export", made.name, "--what", "leads", "--dry-run", "--json")
    assert orjson.loads(capsys.readouterr().out)["rows"] == 2
    out = tmp_path / "leads.parquet"
    call_command("export", str(made.pk), "--what", "leads", "--form", "parquet", "--out", str(out), "--json")
    told = orjson.loads(capsys.readouterr().out)
    assert told["is_whole"]
    assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert orjson.loads((tmp_path / "leads.parquet.manifest.json").read_bytes())["rows"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["leads.parquet", "leads.parquet.manifest.json"]
    for wrong in (["--columns", "nmber"], ["--time-zone", "Mars"], ["--since", "2026-01-01"]):
        with pytest.raises(CommandError):
            call_command("export", made.name, *wrong)


def test_an_erasure_names_the_exports_of_several_campaigns() -> None:
    owner = account()
    one, other = campaign(owner, leads=1), campaign(owner, leads=1)
    call = called(one)
    file_of(of_ids=(one.pk, other.pk))
    with connection.cursor() as cursor:
        person = find(cursor, numbers=[call.number])
    told = not_reachable(person=person, now=NOON)
    assert any("1 exports" in sentence for sentence in told), told


def test_the_admin_makes_the_same_file(admin_client: Any, admin_user: User) -> None:
    owner = account()
    one, other = campaign(owner, leads=1), campaign(owner, leads=2)
    address = "/admin/campaigns/campaign/exports/"
    assert b"None yet" in admin_client.get(address).content
    sent = {
        "what": "leads",
        "form": "csv",
        "campaigns": [one.pk, other.pk],
        "columns_leads": ["lead_id", "number"],
        "variables": "",
        "time_zone": "Asia/Kolkata",
    }
    reply = admin_client.post(address, sent)
    content = b"".join(reply)
    assert content.decode("utf-8-sig").splitlines()[0] == "lead_id,number"
    assert len(rows_of("csv", content)) == 3
    always = sent | {"since": "0001-01-01", "until": "9999-12-31"}
    assert b"".join(admin_client.post(address, always)).startswith(content[:10])
    page = admin_client.get(address).content.decode()
    assert hashlib.sha256(content).hexdigest() in page
    assert "Leads of 2 campaigns" in page
    assert "Choose at least one." in admin_client.post(address, sent | {"campaigns": []}).content.decode()
    assert "at most" not in page.partition("Words on this page")[0]
