"""A simulated carrier: Twilio's side of a call, without a key and without a telephone."""
