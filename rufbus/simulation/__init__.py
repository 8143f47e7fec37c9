"""A day on a virtual clock, through the same dispatcher."""
