"""The promises of the house, held against what is stored: for the audit, by hand and at night. It only reads."""
