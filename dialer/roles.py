"""The groups that come with the installation, viewer, manager and administrator: their rights are the table's."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from dialer.acts import Role, table


def rights_of(role: Role) -> frozenset[str]:
    """Return the rights of a role, e.g. "campaigns.view_campaign": of its own acts and of the roles before it."""
    order = list(Role)
    upto = order[: order.index(role) + 1]
    return frozenset(right for act in table().values() if act.role in upto for right in act.rights)


@transaction.atomic
def keep_roles() -> Mapping[Role, int]:
    """Give each group its rights, making it if it is not there; return how many rights each has.

    What was given to these groups or taken from them by hand is undone: other rights want a group of their own.
    """
    by_name = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    kept: dict[Role, int] = {}
    links = Group.permissions.through.objects
    for role in Role:
        group, _ = Group.objects.get_or_create(name=role.value)
        wanted = {by_name[right] for right in rights_of(role) if right in by_name}
        there = set(links.filter(group_id=group.pk).values_list("permission_id", flat=True))
        links.filter(group_id=group.pk, permission_id__in=there - wanted).delete()
        links.bulk_create(
            [Group.permissions.through(group_id=group.pk, permission_id=pk) for pk in sorted(wanted - there)],
            ignore_conflicts=True,
        )
        kept[role] = len(wanted)
    return kept


def as_markdown() -> str:
    """Return the table of acts as the docs have it."""
    roles = list(Role)
    lines = [f"| Act | {' | '.join(role.value for role in roles)} | Rights |", f"|---|{':-:|' * len(roles)}---|"]
    for act in table().values():
        may = [act.role is not None and roles.index(role) >= roles.index(act.role) for role in roles]
        marks = " | ".join("yes" if one else "–" for one in may)
        rights = ", ".join(f"`{right}`" for right in act.rights) if act.role else "superusers only"
        lines.append(f"| {act.words} | {marks} | {rights} |")
    return "\n".join(lines) + "\n"
