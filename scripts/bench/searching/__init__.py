"""What `bench search` asks, whose answers count, and what it is compared with."""
