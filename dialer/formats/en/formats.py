"""Dates and times to the second on a 24-hour clock: a dialer's pages are about seconds, and all of them are UTC."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = r"j M Y H:i:s \U\T\C"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y H:i"
