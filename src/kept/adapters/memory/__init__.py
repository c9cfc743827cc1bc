"""The store in dictionaries: the executable meaning of the store port."""
