"""Lists written out to files: at once when they are short, by a worker when they are long."""
