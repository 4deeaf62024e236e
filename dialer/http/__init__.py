"""The HTTP client by which calls are placed; the meaning of its errors is its purpose: see ``client``."""
