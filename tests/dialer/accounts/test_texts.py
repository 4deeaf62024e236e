"""Text templates: written here, approved at the provider, and never made twice, whatever becomes of an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from dialer.accounts.texts import UnableToSubmit, look_again, submit_text
from dialer.models import ProviderAccount, SyncedItem, TextTemplate
from dialer.models.texts import Standing, standing_of_word, text_standing
from dialer.sandbox.client import SandboxClient, wait_for
from tests.admin.conftest import owner, viewer
from tests.api.conftest import API, ClientFor, client_for
from tests.dialer.accounts.builders import account_at
from tests.dialer.scripted import scripted

__all__ = ["client_for", "owner", "viewer"]
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXT = "Dear {name}, {amount} is due."
ADD = "/admin/dialer/texttemplate/add/"


def submit(account: ProviderAccount, *, text: str = TEXT, minutes: float = 0) -> TextTemplate:
    now = NOW + timedelta(minutes=minutes)
    return submit_text(account=account, name="due", text=text, now=now, by="olga")


def asked(sandbox: SandboxClient) -> int:
    """Return how often the carrier was asked to make a template."""
    told: dict[str, Any] = sandbox.summary()["accounts"]["ivrsolutions/acme"]
    return int(told["changes"].get("/api/create_text_template", 0))


def made(sandbox: SandboxClient) -> list[str]:
    """Return the templates that the carrier has made."""
    return list(sandbox.summary()["accounts"]["ivrsolutions/acme"]["templates"])


def test_a_text_waits_for_approval_and_is_seen_approved_after_a_look(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": [], "template_approval_seconds": 40})
    sent = submit(account)
    assert (sent.state, sent.asked_by) == ("SENT", "olga")
    assert text_standing(account_id=account.pk, name="due") is Standing.PENDING

    def approved() -> bool:
        look_again(made=sent, now=datetime.now(UTC))
        return text_standing(account_id=account.pk, name="due") is Standing.APPROVED

    wait_for(approved)
    assert made(sandbox) == ["due"]


def test_the_same_text_again_sends_nothing_and_another_one_needs_another_name(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": []})
    first = submit(account)
    assert submit(account, minutes=9).pk == first.pk
    with pytest.raises(UnableToSubmit, match="choose another name") as refused:
        submit(account, text="Something else.")
    assert refused.value.field == "name"
    assert (asked(sandbox), made(sandbox)) == (1, ["due"])


def test_a_text_that_was_made_at_the_provider_itself_is_not_made_again(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": ["due"]})
    assert submit(account, text="due.").state == "SENT"
    assert asked(sandbox) == 0


def test_a_text_whose_answer_was_lost_is_found_in_the_list(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": [], "unclear_changes": "done"})
    assert submit(account).state == "SENT"
    assert (asked(sandbox), made(sandbox)) == (1, ["due"])


def test_a_text_that_may_not_have_arrived_is_sent_again_only_after_a_while_and_a_look(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": [], "unclear_changes": "not_done"})
    with pytest.raises(UnableToSubmit, match="not in the provider's list") as unclear:
        submit(account)
    assert unclear.value.may_be_sent
    assert TextTemplate.objects.get().state == "UNCERTAIN"
    sandbox.change("ivrsolutions", "acme", unclear_changes="never")
    with pytest.raises(UnableToSubmit, match="in two minutes"):
        submit(account, minutes=1)
    assert asked(sandbox) == 1
    assert submit(account, minutes=3).state == "SENT"
    assert (asked(sandbox), made(sandbox)) == (2, ["due"])


def test_nothing_is_sent_where_the_list_cannot_be_read(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": []})
    for status, body in ((200, b"<html>maintenance</html>"), (500, b"{}")):
        with scripted(status=status, body=body) as url:
            account.base_url = url
            with pytest.raises(UnableToSubmit, match="nothing was sent"):
                submit(account)
    assert (asked(sandbox), TextTemplate.objects.count()) == (0, 0)


def test_a_process_that_died_while_sending_leaves_what_the_list_decides(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": []})
    lost = TextTemplate.objects.create(account=account, name="due", text=TEXT, state="SENDING", asked_at=NOW)
    assert look_again(made=lost, now=NOW + timedelta(minutes=3)).state == "UNCERTAIN"
    assert submit(account, minutes=4).state == "SENT"
    assert made(sandbox) == ["due"]


@pytest.mark.parametrize(
    ("word", "standing"),
    [
        ("approved", Standing.APPROVED),
        (" Pending ", Standing.PENDING),
        ("REJECTED", Standing.REJECTED),
        ("Under  Review", Standing.PENDING),
        ("frobnicated", Standing.UNKNOWN),
        ("", Standing.UNKNOWN),
    ],
)
def test_words_that_are_not_known_are_not_guessed(word: str, standing: Standing) -> None:
    assert standing_of_word(word) is standing


def test_a_template_that_is_listed_no_more_is_gone_unless_another_has_its_name(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions")
    fields = {"account": account, "kind": "TEXT_TEMPLATE", "name": "due", "status": "approved", "seen_at": NOW}
    SyncedItem.objects.create(external_id="7", is_gone=True, **fields)
    assert text_standing(account_id=account.pk, name="due") is Standing.GONE
    SyncedItem.objects.create(external_id="8", **fields)
    assert text_standing(account_id=account.pk, name="due") is Standing.APPROVED
    assert text_standing(account_id=account.pk, name="other") is None


def test_the_admin_sends_a_text_and_shows_refusals_at_their_input(
    sandbox: SandboxClient, owner: Client, viewer: Client
) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": [], "template_approval_seconds": 9000})
    assert viewer.get(ADD).status_code == 403
    assert "None here? Add an account" in owner.get(ADD).content.decode()
    given = {"account": account.pk, "name": "due", "text": TEXT}
    assert "This field is required" in owner.post(ADD, {**given, "text": " "}).content.decode()
    shown = owner.post(ADD, given, follow=True).content.decode()
    assert "due is at the provider: waiting for approval" in shown
    assert "Waiting for approval" in owner.get("/admin/dialer/texttemplate/").content.decode()
    refused = owner.post(ADD, {**given, "text": "Another."}).content.decode()
    assert "choose another name" in refused.split('data-input="name"')[1].split('data-input="text"')[0]
    pk = TextTemplate.objects.get().pk
    assert viewer.post(f"/admin/dialer/texttemplate/{pk}/look/").status_code == 403
    sandbox.change("ivrsolutions", "acme", rejected_templates=["due"])
    told = owner.post(f"/admin/dialer/texttemplate/{pk}/look/", follow=True).content.decode()
    assert "Rejected" in told
    assert owner.post(f"/admin/dialer/texttemplate/{pk}/delete/", {"post": "yes"}).status_code == 403


def test_what_was_not_clear_can_be_sent_again_from_its_page(sandbox: SandboxClient, owner: Client) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": []})
    early = datetime.now(UTC) - timedelta(minutes=5)
    text = TextTemplate.objects.create(account=account, name="due", text=TEXT, state="UNCERTAIN", asked_at=early)
    page = owner.get(f"/admin/dialer/texttemplate/{text.pk}/change/").content.decode()
    assert "what is there already is not made twice" in page
    for _ in range(2):
        owner.post(f"/admin/dialer/texttemplate/{text.pk}/send-again/")
    assert (asked(sandbox), made(sandbox)) == (1, ["due"])


def test_the_api_sends_looks_and_lists(sandbox: SandboxClient, client_for: ClientFor) -> None:
    account = account_at(sandbox, "ivrsolutions", carrier={"templates": [], "unclear_changes": "not_done"})
    given = {"account": account.pk, "name": "due", "text": TEXT}
    assert client_for("dialer.view_texttemplate").post(f"{API}/text-templates/", given).status_code == 403
    writer = client_for("dialer.add_texttemplate", "dialer.view_texttemplate")
    unclear = writer.post(f"{API}/text-templates/", given)
    assert (unclear.status_code, unclear.json()["error"]["code"]) == (409, "uncertain")
    sandbox.change("ivrsolutions", "acme", unclear_changes="never")
    TextTemplate.objects.update(asked_at=NOW)
    sent = writer.post(f"{API}/text-templates/", given)
    assert (sent.status_code, sent.json()["state"], sent.json()["approval"]) == (201, "SENT", "APPROVED")
    other = writer.post(f"{API}/text-templates/", {**given, "text": "Another."})
    assert (other.status_code, other.json()["error"]["fields"][0]["field"]) == (400, "name")
    looked = writer.post(f"{API}/text-templates/{sent.json()['id']}/look/")
    assert looked.json()["listed_as"] == "approved"
    assert [one["name"] for one in writer.get(f"{API}/text-templates/?state=SENT").json()["results"]] == ["due"]
    elsewhere = writer.post(f"{API}/text-templates/", {**given, "account": account_at(sandbox, "altur").pk})
    assert elsewhere.json()["error"]["fields"][0]["field"] == "account"
