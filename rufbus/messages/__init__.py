"""Words for people: sentences, notices."""
