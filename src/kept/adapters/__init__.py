"""The outside: one folder per thing, named for the thing; none imports another."""
