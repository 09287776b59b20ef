"""The voice: telephone edge, turn-taking, recognition, synthesis, and the call that joins them."""
