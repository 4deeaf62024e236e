"""A sixth provider, invented to show that one file and its payloads are all: docs/adding-a-provider.md."""
