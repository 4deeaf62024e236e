"""Buys numbers, which costs money: first a quote with the price, then a purchase that names the quote, asked for once.

A quote is used up by the conditional UPDATE that begins its purchase, and one number is under purchase once per
account. Where the provider gives no clear answer the quote is UNCERTAIN and nothing is repeated: the DIDs tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from django.db import transaction

from dialer.accounts.asking import ask, put
from dialer.accounts.sync.numbers import enlist_numbers
from dialer.acts.telephone import BUY
from dialer.audit import record
from dialer.http.client import NotSent, Unanswered
from dialer.models import NumberQuote, ProviderAccount, QuoteState
from dialer.providers.base import Question, Refused, Unclear
from dialer.providers.parts.numbers_for_sale import NumbersForSale, Region

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: How long a price is believed.
VALID_FOR = timedelta(minutes=15)
MOST_OFFERED = 50
#: States of a number that is bought, or may be.
TAKEN = (QuoteState.BUYING, QuoteState.BOUGHT, QuoteState.UNCERTAIN)


class UnableToBuy(Exception):
    """Nothing was bought, and why. ``may_be_bought``: that is not certain; look at the account's DIDs."""

    def __init__(self, reason: str, *, may_be_bought: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_be_bought = may_be_bought


def regions(*, account: ProviderAccount) -> tuple[Region, ...]:
    """Return the regions that have numbers for sale. Raises UnableToBuy."""
    return _told(account, _shop(account).regions(account=account.config))


def quote_numbers(
    *, account: ProviderAccount, country_code: str, region: str, pattern: str = "", now: datetime
) -> list[NumberQuote]:
    """Return numbers for sale, each with its price; they can be bought for 15 minutes. Raises UnableToBuy."""
    question = _shop(account).offers(account=account.config, country_code=country_code, region=region, pattern=pattern)
    offer = _told(account, question)
    found = offer.numbers[:MOST_OFFERED]
    if found and not offer.price:
        raise UnableToBuy("The provider names no price, so nothing is offered.")
    return [
        NumberQuote.objects.create(
            account=account,
            number=number,
            country_code=country_code[:5],
            price=str(offer.price)[:30],
            currency=(offer.currency or "")[:10],
            quoted_at=now,
            expires_at=now + VALID_FOR,
        )
        for number in found
    ]


def buy_number(*, account: ProviderAccount, token: str, price: str, now: datetime, by: str) -> NumberQuote:
    """Buy the number of a quote and make it a DID. ``price`` is the one that was shown. Raises UnableToBuy.

    For a quote that was bought already it returns that quote and asks for nothing; for one whose purchase is not clear
    it looks at the list of DIDs again.
    """
    quote = NumberQuote.objects.filter(account=account, token=token).first()
    if quote is None:
        raise UnableToBuy("There is no such offer.")
    if quote.state == QuoteState.BOUGHT:
        return quote
    if quote.state in (QuoteState.BUYING, QuoteState.UNCERTAIN):
        return look_again(quote=quote, now=now)
    if price != quote.price:
        raise UnableToBuy(f"The price is {quote.price} {quote.currency}: confirm that one.")
    shop = _shop(account)
    _begin(quote, now=now, by=by)
    question = shop.purchase(account=account.config, country_code=quote.country_code, number=quote.number)
    try:
        problem = put(account=account, question=question).problem
    except NotSent as failure:
        _end(quote, QuoteState.OPEN, problem=failure.reason)
        raise UnableToBuy(f"{account.api.name} is not reached: nothing was bought.") from failure
    except Unanswered as failure:
        problem = Unclear(detail=failure.reason)
    if problem is None:
        return _bought(quote, now=now)
    if isinstance(problem, Refused):
        _end(quote, QuoteState.REFUSED, problem=problem.detail)
        raise UnableToBuy(f"{account.api.name} refuses: {problem.detail}.")
    _end(quote, QuoteState.UNCERTAIN, problem=problem.detail)
    return look_again(quote=quote, now=now)


def look_again(*, quote: NumberQuote, now: datetime) -> NumberQuote:
    """Find out by the list of DIDs whether an uncertain purchase was made. Raises UnableToBuy while it is not."""
    account = quote.account
    listed: Sequence[str] | Refused | Unclear = ()
    try:
        listed = account.api.parse_numbers(
            reply=ask(account=account, request=account.api.build_numbers(account=account.config))
        )
    except (NotSent, Unanswered):
        log.warning("numbers not listed", account_id=account.pk)
    if not isinstance(listed, Refused | Unclear) and quote.number in listed:
        return _bought(quote, now=now)
    raise UnableToBuy(
        "There was no clear answer, and the number is not among the account's DIDs (yet). It is not asked for again: "
        "look at the provider's own page.",
        may_be_bought=True,
    )


def _begin(quote: NumberQuote, *, now: datetime, by: str) -> None:
    """Use the quote up, committed before anything is asked for. Raises UnableToBuy where that cannot be."""
    with transaction.atomic():
        # One purchase of an account at a time looks for others of the same number.
        ProviderAccount.objects.select_for_update(no_key=True).get(pk=quote.account_id)
        others = NumberQuote.objects.filter(account=quote.account_id, number=quote.number, state__in=TAKEN)
        if others.exists():
            raise UnableToBuy("This number is bought, or its purchase is not clear: it is not asked for again.")
        begun = NumberQuote.objects.filter(pk=quote.pk, state=QuoteState.OPEN, expires_at__gt=now).update(
            state=QuoteState.BUYING, bought_by=by[:150], problem=""
        )
        if begun:
            details = {"number": quote.number, "price": f"{quote.price} {quote.currency}"}
            record(act=BUY.name, what="Asked to buy a number", subject=quote.account, details=details, now=now)
    if begun != 1:
        raise UnableToBuy("The offer has expired or was used: search again.")


def _end(quote: NumberQuote, state: QuoteState, *, problem: str = "", bought_at: datetime | None = None) -> None:
    fields = {"state": state, "problem": problem[:300], "bought_at": bought_at}
    NumberQuote.objects.filter(pk=quote.pk, state__in=(QuoteState.BUYING, QuoteState.UNCERTAIN)).update(**fields)
    quote.refresh_from_db()


def _bought(quote: NumberQuote, *, now: datetime) -> NumberQuote:
    _end(quote, QuoteState.BOUGHT, bought_at=now)
    record(act=BUY.name, what="Number bought", subject=quote.account, details={"number": quote.number}, now=now)
    enlist_numbers(account=quote.account, numbers=[quote.number])
    log.info("number bought", account_id=quote.account_id, quote_id=quote.pk, by=quote.bought_by)
    return quote


def _shop(account: ProviderAccount) -> NumbersForSale:
    """Return the part of the provider that sells numbers. Raises UnableToBuy."""
    shop = account.api.numbers_for_sale
    if shop is None:
        raise UnableToBuy(f"{account.api.name} sells no numbers by its API.")
    return shop


def _told(account: ProviderAccount, question: Question[T]) -> T:
    """Return the answer to a question that buys nothing. Raises UnableToBuy where there is none."""
    try:
        answer = put(account=account, question=question)
    except (NotSent, Unanswered) as failure:
        raise UnableToBuy(f"{account.api.name} does not answer: {failure.reason}.") from failure
    if answer.problem is not None or answer.value is None:
        raise UnableToBuy(answer.problem.detail if answer.problem else "The answer holds nothing.")
    return answer.value
