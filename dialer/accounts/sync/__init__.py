"""What an account has at its provider, read into our tables."""
