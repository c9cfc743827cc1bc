"""What we ask of the outside, as protocols whose docstrings are numbered promises."""
