"""Benchmarks: each prints a table and can write one flat JSON object."""
