"""Rows of uploads: what columns mean, and what a row is. No Django here, as processes of their own read rows too."""
