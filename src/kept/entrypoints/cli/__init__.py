"""
The command line: options in, a call to flow, one answer out.

What a command needs beyond its options it gets from the ``Parts`` that main hands over. Everything heavy is imported
when a command runs, so that ``kept --version`` stays quick.
"""
