"""The standards: documents to and from core values, purely."""
