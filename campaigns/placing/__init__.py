"""Requests to place calls: the engine that sends them, the fence before them, and what came back."""
