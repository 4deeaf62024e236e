"""Buying numbers: never without the price that was shown, and never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from dialer.accounts.buying import UnableToBuy, buy_number, quote_numbers
from dialer.models import DID, NumberQuote, ProviderAccount
from dialer.sandbox.client import SandboxClient
from tests.admin.conftest import owner, viewer
from tests.api.conftest import API, ClientFor, client_for
from tests.dialer.accounts.builders import account_at
from tests.dialer.scripted import scripted

__all__ = ["client_for", "owner", "viewer"]
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BUYER = ("dialer.view_provideraccount", "dialer.change_provideraccount", "dialer.add_numberquote")


def quotes_of(account: ProviderAccount, **fields: Any) -> list[NumberQuote]:
    return quote_numbers(account=account, country_code="91", region="1", now=NOW, **fields)


def buy(quote: NumberQuote, *, price: str = "500", minutes: int = 0) -> NumberQuote:
    now = NOW + timedelta(minutes=minutes)
    return buy_number(account=quote.account, token=quote.token, price=price, now=now, by="olga")


def bought_at(sandbox: SandboxClient, account: ProviderAccount) -> list[str]:
    """Return the numbers that the carrier sells no more."""
    still = {quote.number for quote in quotes_of(account)}
    return sorted({f"+9111431045{place:02d}" for place in range(1, 6)} - still)


def test_a_quoted_number_is_bought_once_and_is_a_did(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions")
    first, second, *_ = quotes_of(account)
    assert (first.price, first.currency, first.state) == ("500", "INR", "OPEN")
    assert bought_at(sandbox, account) == []
    done = buy(first)
    assert (done.state, done.bought_by, done.bought_at) == ("BOUGHT", "olga", NOW)
    assert buy(first).pk == done.pk, "the same request again is answered with the same purchase"
    assert bought_at(sandbox, account) == [first.number]
    assert DID.objects.filter(account=account, number=first.number).count() == 1
    assert NumberQuote.objects.get(pk=second.pk).state == "OPEN"


@pytest.mark.parametrize(
    ("price", "minutes", "words"), [("400", 0, "The price is 500 INR"), ("", 0, "The price is"), ("500", 16, "expired")]
)
def test_another_price_or_an_old_quote_buys_nothing(
    sandbox: SandboxClient, price: str, minutes: int, words: str
) -> None:
    account = account_at(sandbox, "ivrsolutions")
    quote = quotes_of(account)[0]
    with pytest.raises(UnableToBuy, match=words):
        buy(quote, price=price, minutes=minutes)
    assert bought_at(sandbox, account) == []


def test_a_refusal_is_said_and_the_quote_is_used_up(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions")
    mine, same = quotes_of(account)[0], quotes_of(account)[0]
    buy(mine)
    with pytest.raises(UnableToBuy, match="not asked for again"):
        buy(same)
    other = quotes_of(account)[0]
    NumberQuote.objects.filter(pk=other.pk).update(number="+911140000000")
    with pytest.raises(UnableToBuy, match="Insufficient balance"):
        buy(other)
    assert NumberQuote.objects.get(pk=other.pk).state == "REFUSED"


def test_an_answer_that_is_not_clear_is_never_repeated(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions")
    mine, same = quotes_of(account)[0], quotes_of(account)[0]
    with scripted(status=504, body=b"<html>gateway</html>") as url:
        ProviderAccount.objects.filter(pk=account.pk).update(base_url=url)
        mine = NumberQuote.objects.get(pk=mine.pk)
        with pytest.raises(UnableToBuy) as unclear:
            buy(mine)
    assert unclear.value.may_be_bought
    ProviderAccount.objects.filter(pk=account.pk).update(base_url=account.base_url)
    for quote in (mine, same):
        with pytest.raises(UnableToBuy, match="not asked for again"):
            buy(NumberQuote.objects.get(pk=quote.pk))
    assert bought_at(sandbox, account) == []
    assert NumberQuote.objects.get(pk=mine.pk).state == "UNCERTAIN"
    sandbox.change("ivrsolutions", "acme", caller_ids=[mine.number])
    assert buy(NumberQuote.objects.get(pk=mine.pk)).state == "BOUGHT", "the list of DIDs has told it"


@pytest.mark.django_db(transaction=True)
def test_many_who_confirm_at_once_buy_once(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions")
    same = [quotes_of(account)[0] for _ in range(2)]

    def confirm(place: int) -> str:
        try:
            return buy(NumberQuote.objects.get(pk=same[place % 2].pk)).state
        except UnableToBuy as error:
            return error.reason
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(confirm, range(6)))
    assert NumberQuote.objects.filter(state="BOUGHT").count() == 1
    assert NumberQuote.objects.filter(state="REFUSED").count() == 0, "the carrier was asked once"


def test_a_provider_that_is_not_reached_leaves_the_quote_open(sandbox: SandboxClient) -> None:
    account = account_at(sandbox, "ivrsolutions")
    quote = quotes_of(account)[0]
    ProviderAccount.objects.filter(pk=account.pk).update(base_url="http://127.0.0.1:1")
    with pytest.raises(UnableToBuy, match="nothing was bought"):
        buy(NumberQuote.objects.get(pk=quote.pk))
    assert NumberQuote.objects.get(pk=quote.pk).state == "OPEN"


def test_the_api_buys_in_two_steps_for_those_who_may(sandbox: SandboxClient, client_for: ClientFor) -> None:
    account = account_at(sandbox, "ivrsolutions")
    base = f"{API}/accounts/{account.pk}"
    search = {"country_code": "91", "region": "1", "pattern": "03"}
    assert client_for("dialer.change_provideraccount").post(f"{base}/number-quotes/", search).status_code == 403
    buyer = client_for(*BUYER)
    assert buyer.get(f"{base}/number-regions/").json()[0]["name"] == "Delhi"
    (quote,) = buyer.post(f"{base}/number-quotes/", search, format="json").json()
    wrong = buyer.post(f"{base}/buy-number/", {"token": quote["token"], "price": "1"}, format="json")
    assert wrong.status_code == 409
    done = buyer.post(f"{base}/buy-number/", {"token": quote["token"], "price": quote["price"]}, format="json")
    assert (done.status_code, done.json()["state"]) == (200, "BOUGHT")
    assert buyer.get(f"{API}/accounts/{account_at(sandbox, 'altur').pk}/number-regions/").status_code == 409


def test_the_admin_shows_the_price_before_it_buys(sandbox: SandboxClient, owner: Client, viewer: Client) -> None:
    account = account_at(sandbox, "ivrsolutions")
    url = f"/admin/dialer/provideraccount/{account.pk}/numbers/"
    assert viewer.get(url).status_code == 403
    assert "Delhi" in owner.get(url).content.decode()
    found = owner.post(url, {"step": "search", "country_code": "91", "region": "1"}).content.decode()
    quote = NumberQuote.objects.order_by("id")[0]
    assert quote.token in found
    asked = owner.post(url, {"step": "ask", "token": quote.token}).content.decode()
    assert f"Buy {quote.number} for 500 INR?" in asked
    assert bought_at(sandbox, account) == []
    done = owner.post(url, {"step": "buy", "token": quote.token, "price": "500"}, follow=True).content.decode()
    assert "is bought for 500 INR" in done
    assert bought_at(sandbox, account) == [quote.number]
