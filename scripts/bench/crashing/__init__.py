"""The parts of `yeoboseyo bench crash`: a server that kills itself, its caller, and who checks."""
