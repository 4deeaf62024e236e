"""Whether what a campaign does is approved: asked before a start and while it runs.

A template is approved by what a person says of it (``CallTemplate.approval``), and a spoken text by what the account's
provider said when it was last read. What was never read, or is said in words that are not known, stops nobody.
"""

from __future__ import annotations

from campaigns.models import Approval, CallTemplate, Campaign
from dialer import providers
from dialer.accounts.pick_lists import PickLists
from dialer.models import ItemKind, ProviderAccount
from dialer.models.texts import STANDING_LABELS, Standing, text_standing

#: Running campaigns whose template is not approved: by a person's word, or by what the provider said of its text.
#: ``providers``, ``actions`` and ``options`` say together which option names a text; see ``text_options``.
NOT_APPROVED = """
SELECT c.id, t.name FROM campaigns_campaign c JOIN campaigns_calltemplate t ON t.id = c.template_id
 WHERE c.state = 'RUNNING' AND (t.approval = ANY(%(approvals)s) OR EXISTS (
       SELECT 1 FROM dialer_synceditem s
         JOIN unnest(%(providers)s::text[], %(actions)s::text[], %(options)s::text[]) AS o(provider, action, option)
           ON o.provider = t.provider AND o.action = t.action
        WHERE s.account_id = c.account_id AND s.kind = 'TEXT_TEMPLATE' AND s.name = t.options->>o.option
       HAVING count(*) > 0 AND NOT bool_or(NOT s.is_gone AND NOT lower(btrim(s.status)) = ANY(%(words)s))))
"""


def text_options() -> dict[str, list[str]]:
    """Return the options that name a text to be approved, as the lists that NOT_APPROVED takes."""
    found = [
        (slug, action.value, field.name)
        for slug in providers.slugs()
        for action, fields in providers.get(slug).option_fields.items()
        for field in fields
        if field.picks == ItemKind.TEXT_TEMPLATE
    ]
    names = ("providers", "actions", "options")
    return {name: [row[place] for row in found] for place, name in enumerate(names)}


def approval_problems(*, campaign: Campaign) -> list[str]:
    """Return a sentence for each template of the campaign that no call may be made with."""
    pairs = [(campaign.account, campaign.template)]
    if campaign.fallback_account is not None:
        pairs.append((campaign.fallback_account, campaign.template_at(campaign.fallback_account.pk)))
    found = [template_problem(account=account, template=template) for account, template in pairs]
    return [problem for problem in found if problem]


def template_problem(*, account: ProviderAccount, template: CallTemplate) -> str:
    """Say why no call of the account may be made with the template; empty when there is no reason."""
    if template.approval not in (Approval.NOT_NEEDED, Approval.APPROVED):
        return f"The template {template.name} is not approved: wait for it or choose another."
    standing = _standing(account, template)
    if standing not in (Standing.PENDING, Standing.REJECTED, Standing.GONE):
        return ""
    said = STANDING_LABELS[standing].lower()
    return (
        f"The text template {_text_name(template)} is not approved at {account.name} ({said}): wait for it or choose "
        "another, and sync the account to look again."
    )


def is_refused_for_good(*, account: ProviderAccount, template: CallTemplate) -> bool:
    """Return whether the provider will not come to approve the template's text: rejected, or listed no more."""
    return _standing(account, template) in (Standing.REJECTED, Standing.GONE)


def _standing(account: ProviderAccount, template: CallTemplate) -> Standing | None:
    name = _text_name(template)
    return text_standing(account_id=account.pk, name=name) if name else None


def _text_name(template: CallTemplate) -> str:
    """Return the name of the text that the template's options choose; empty: it speaks none."""
    options = template.options if isinstance(template.options, dict) else {}
    naming = [field.name for field in template.option_fields if field.picks == ItemKind.TEXT_TEMPLATE]
    return next((str(options.get(name) or "") for name in naming), "")


def template_warnings(*, template: CallTemplate, lists: PickLists | None = None) -> list[str]:
    """Return a sentence for each option that names nothing that was read at the template's provider.

    Says nothing of a template that is not in order: its own page tells what to mend.
    """
    if template.problem:
        return []
    picks = lists or PickLists()
    return picks.warnings(slug=template.provider, fields=template.option_fields, values=template.options)
