"""Performance figures, each beside the limit that is measured in the same run."""
