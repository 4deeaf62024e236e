"""What is kept for a time of campaigns: calls, decisions, the feed, notices, runs."""
