"""The catalogue: typed plan families, plans and FAQ entries."""
