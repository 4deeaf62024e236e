"""Settings that no environment changes: dialer/settings.py takes them in, beside those that it reads."""
