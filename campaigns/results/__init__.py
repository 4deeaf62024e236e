"""What others are told: the feed, notices, and exports."""
