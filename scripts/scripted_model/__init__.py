"""A chat model that answers by script, well or badly, for tests and for `yeoboseyo evaluate`."""
