"""A campaign from start to end: start, pause, stop, schedule, completion, and the brakes."""
