"""The list of reorder suggestions, each with its six steps, and what people decide of them."""
