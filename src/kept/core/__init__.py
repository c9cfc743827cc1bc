"""The rules: pure functions and frozen values; no clock, no input, no output."""
