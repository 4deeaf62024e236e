"""One person is erased everywhere, and it is proven."""
