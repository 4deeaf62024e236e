"""Every write of the states of leads, attempts and campaigns, their INSERTs too; tests/test_house.py forbids others.

Each is a conditional statement that says what it changed: who was changed, we changed; who was not, somebody else had
changed before. Rows are locked in one order, see ``locks``. Besides, the forms of admin and REST insert campaigns: as
drafts, by the model's default.
"""
