"""The meter that counts in Prometheus form."""
