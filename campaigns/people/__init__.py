"""One person: found by number, name or own id, and all that happened to them, in one line of time."""
