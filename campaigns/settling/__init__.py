"""What became of calls: reports of providers, ends, and what follows for their leads."""
