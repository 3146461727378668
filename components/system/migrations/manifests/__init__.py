"""A migration as one Job: its script, its generated SQL, its objects."""
