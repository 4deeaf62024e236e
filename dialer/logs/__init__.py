"""One logging for every process: each line is rendered, and redacted, in one place. Imports nothing of Django."""
