"""The check of an account: can it place calls, and do its pushes reach us."""
