"""Speaks HTTP and shell; decides nothing."""
