"""What each cloud grants services on resources of others, a table for each cloud."""
