"""The independent check of everything stored. It shares no code with what it checks."""
