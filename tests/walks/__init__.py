"""What the README and the docs promise, walked from nothing through the faces that people use."""
