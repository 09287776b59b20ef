"""Sample formats, resampling and recording."""
