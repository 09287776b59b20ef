"""Storage: calls, turns, summaries, customers and the outbox."""
