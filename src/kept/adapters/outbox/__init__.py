"""A real local channel whose messages can be seen, with its own ledger."""
