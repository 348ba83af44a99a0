"""Whether this process, and the house around it, does what it should."""
