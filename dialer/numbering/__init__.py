"""The number plans of the countries as data with sources: in which zones a number may be, and how it was spelled."""
