"""What a browser does: what it sends for a page, what it makes of the answers, and what its console says."""
