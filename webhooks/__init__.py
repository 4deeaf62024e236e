"""Everything by which the outside tells us of a call, and what we tell others."""
