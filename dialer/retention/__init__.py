"""How long rows are kept that nobody needs any more: what kinds there are, their archives, and their removal."""
