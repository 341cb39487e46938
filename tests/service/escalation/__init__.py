"""The escalation room against a real broker and a real database."""
