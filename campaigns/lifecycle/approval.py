"""Whether what a campaign does is approved, for who saves it; ``rules.may_call`` asks the same of starts and claims.

A template is approved by what a person says of it (``CallTemplate.approval``), and a spoken text by what the account's
provider said when it was last read. What was never read, or is said in words that are not known, stops nobody.
"""

from __future__ import annotations

from campaigns.models import Approval, CallTemplate, Campaign
from campaigns.rules.may_call import not_approved
from dialer.accounts.pick_lists import PickLists
from dialer.models import ProviderAccount
from dialer.models.texts import Standing, refused_in_words, text_standing


def approval_problems(*, campaign: Campaign) -> list[str]:
    """Return a sentence for each template of the campaign that no call may be made with."""
    pairs = [(campaign.account, campaign.template)]
    if campaign.fallback_account is not None:
        pairs.append((campaign.fallback_account, campaign.template_at(campaign.fallback_account.pk)))
    found = [template_problem(account=account, template=template) for account, template in pairs]
    return [problem for problem in found if problem]


def template_problem(*, account: ProviderAccount, template: CallTemplate) -> str:
    """Say why no call of the account may be made with the template; empty when there is no reason."""
    return not_approved(
        account=account.name,
        template=template.name,
        is_approved=template.approval in (Approval.NOT_NEEDED, Approval.APPROVED),
        text=template.text_name,
        text_refused=refused_in_words(_standing(account, template)),
    )


def is_refused_for_good(*, account: ProviderAccount, template: CallTemplate) -> bool:
    """Return whether the provider will not come to approve the template's text: rejected, or no longer listed."""
    return _standing(account, template) in (Standing.REJECTED, Standing.GONE)


def _standing(account: ProviderAccount, template: CallTemplate) -> Standing | None:
    name = template.text_name
    return text_standing(account_id=account.pk, name=name) if name else None


def template_warnings(*, template: CallTemplate, lists: PickLists | None = None) -> list[str]:
    """Return a sentence for each option that names nothing that was read at the template's provider.

    Says nothing of a template that is not in order: its own page tells what to mend.
    """
    if template.problem:
        return []
    picks = lists or PickLists()
    return picks.warnings(slug=template.provider, fields=template.option_fields, values=template.options)
