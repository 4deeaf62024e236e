"""The rules of when and whom, pure: no database, no settings, no clock. ``deciding.decide`` is their one answer.

``campaign`` alone reads the database, and makes of a row the ``ruleset`` that the others go by.
"""
