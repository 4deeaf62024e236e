"""Who holds the lines, as progress and explanations of campaigns tell it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class LinesSerializer(serializers.Serializer[Any]):
    """Calls without an end by what is known of each; together they are `live_calls`."""

    taken = serializers.IntegerField(help_text="How many of them hold a line: all but those that are `awaited`.")
    talking = serializers.IntegerField(help_text="Somebody answered, by the provider's word, and no end was told.")
    ringing = serializers.IntegerField(
        help_text="The request is under way, or was taken no longer ago than a phone may ring."
    )
    awaited = serializers.IntegerField(
        help_text="Over by what the provider's fleet counts, so that they hold no line; their results have not come."
    )
    silent = serializers.IntegerField(
        help_text="Sent longer ago than a phone may ring, and nothing was told since; given up at `silent_until`."
    )
    queued = serializers.IntegerField(help_text="With the provider's own dialer, which chooses the instant.")
    reserved = serializers.IntegerField(help_text="Nothing has left for the provider.")
    silent_until = serializers.DateTimeField(
        allow_null=True, help_text="When the last of the silent ones is given up as LOST, UTC; null where none is."
    )
    said = serializers.CharField(
        help_text='In words, clock times in the campaign\'s zone: "3 talking, 2 without news until 12:49 IST".'
    )
