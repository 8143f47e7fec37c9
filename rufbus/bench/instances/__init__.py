"""Readers of public instance files: text in, :class:`solver.problem.Problem` out, a fault named by file and line."""
