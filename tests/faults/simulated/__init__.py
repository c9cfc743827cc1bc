"""A month of a practice in an instant: the real steps and worker, a clock that jumps, and providers that fail."""
