"""How the shipped demo recogniser is made: sentences, audio, training and export."""
