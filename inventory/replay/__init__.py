"""Policies replayed over a shop's own past, all products at once. Plain values only."""
