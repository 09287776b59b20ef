"""Sound as numbers: telephone coding, sample rates and levels."""
