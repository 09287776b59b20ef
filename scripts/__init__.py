"""Commands of this project: one thin module each."""
