"""A month of a practice in a tenth of a second: the real steps and worker, a clock that jumps, and providers that fail."""
