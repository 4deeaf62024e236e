"""Campaigns on the provider's own dialer: numbers are handed over, it is switched on and off, results come back."""
