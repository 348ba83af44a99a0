"""The running stack, seen through a real browser."""
