"""What is done with an account at its provider."""
