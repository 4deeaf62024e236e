"""What others are told: the feed and notices, and the shape of a result."""
