"""Measures the kernel and the roads beside what a user would otherwise pick: a module and a command each."""
