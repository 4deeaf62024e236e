"""The rules of when and whom, pure: no database, no settings, no clock. ``deciding.decide`` is their one answer."""
