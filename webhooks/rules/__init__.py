"""What subscribers may choose, judged and put to use. Pure."""
