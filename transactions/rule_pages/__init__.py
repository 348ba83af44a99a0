"""Pages of rules: the list, the builder, one rule with its trials, and the value lists."""
