"""Korean: numbers, particles, spoken form."""
