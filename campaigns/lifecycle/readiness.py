"""Fields that a country wants of every contact: whether anybody has them is asked before a campaign starts."""

from __future__ import annotations

from campaigns.models import Campaign, Contact


def required_problems(*, campaign: Campaign) -> list[str]:
    """Return a sentence where the profile requires fields that no contact of the campaign's lists has.

    Contacts without them are passed over one by one when their turn comes, and say why.
    """
    fields = list((campaign.profile.rules if campaign.profile else {}).get("required_fields") or ())
    contacts = Contact.objects.filter(contact_list__campaigns=campaign)
    if not fields or not contacts.exists():
        return []
    able = contacts.filter(variables__has_keys=fields)
    for name in fields:
        able = able.exclude(**{f"variables__{name}": ""})
    if able.exists():
        return []
    return [f"{campaign.profile} requires {', '.join(fields)}, and no contact has them: add them to the lists."]
