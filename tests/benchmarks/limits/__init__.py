"""The limits beside our figures: the least that any program must do for the same, measured on the same machine."""
