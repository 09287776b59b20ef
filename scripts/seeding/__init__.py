"""A believable history of calls, made from a seed: for the console, and for benchmarks."""
