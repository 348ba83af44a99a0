"""When to order, how much, and why: calculations over arrays of products. Plain values only."""
