"""The pages a practice reads, as stateless HTML."""
