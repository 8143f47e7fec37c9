"""The kernel: integers in, a plan out.

A pickup-and-delivery problem with time windows, ride-time limits, several capacity dimensions and
driver breaks (PDPTW/DARP). Pure functions over frozen values: no clock, no input or output, no product words.
"""
