"""Where the calls of a day are among all: their ids grow with time, and no index is of the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from campaigns.models import Attempt

#: Days begin so much earlier than in UTC in the zone that is furthest ahead, and so much later in the one furthest
#: behind; clocks of workers differ by far less than a minute.
AHEAD, BEHIND, CLOCKS = timedelta(hours=14), timedelta(hours=12), timedelta(minutes=1)


def ids_around(day: date) -> Q:
    """Return a condition that the attempts meet which were reserved on a day, by whatever clock, and few others.

    Two look-ups by the index of ends: who had ended before the day was reserved before it, and so has a lower id than
    all that were reserved on it; who was reserved after it has a higher one.
    """
    try:
        begins_at = datetime.combine(day, time.min, UTC) - AHEAD - CLOCKS
        over_at = datetime.combine(day, time.min, UTC) + timedelta(days=1) + BEHIND + CLOCKS
    except OverflowError:  # the first and the last days that there are
        return Q(pk__in=())
    before = Attempt.objects.filter(ended_at__lt=begins_at).order_by("-ended_at").values_list("pk", flat=True).first()
    after = (
        Attempt.objects.filter(ended_at__gt=over_at, reserved_at__gt=over_at)
        .order_by("ended_at")
        .values_list("pk", flat=True)
        .first()
    )
    condition = Q() if before is None else Q(pk__gt=before)
    return condition if after is None else condition & Q(pk__lt=after)
