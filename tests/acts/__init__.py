"""Who may do what: the table of acts, and every place that asks it."""
