"""What people do with a call: listen to it, join it, write notes on it."""
