"""The plain way: what a good team writes with Django, DRF, Celery, Redis and httpx before it has a reason for more.

A small project of its own, for the time of a run, with its own tables. It is not bad on purpose: rows are locked where
two could take one, clients are kept open, lists are inserted in batches, look-ups have their indexes.
"""
