"""Answers to "why?": of a lead, of a campaign, before its start, and for the record. By claiming's own rules."""
