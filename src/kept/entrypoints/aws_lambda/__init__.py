"""The doors through which AWS comes in: each takes an event, and calls the same flow as the other doors."""
