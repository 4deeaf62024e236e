"""The rules of when and whom, against slow references and a virtual clock. ``python -m tests.rules`` runs all."""
