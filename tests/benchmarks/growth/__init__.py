"""How the figures grow with leads, DIDs, campaigns, accounts, workers; and at how many calls one account binds."""
