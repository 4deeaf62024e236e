"""A database with years of calls behind it, and what every statement reads of them."""
