"""Korean text: numerals, particles, and the spoken form of what is written."""
