"""The door that time opens: it looks when work is due and hands it to dispatch."""
