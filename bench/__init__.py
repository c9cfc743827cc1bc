"""Benchmarks that print ratios: what Kept does beside what this machine can do at most, measured in the same run."""
