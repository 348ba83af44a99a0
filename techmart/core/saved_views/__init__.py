"""Views of lists that people keep: filters, sort and columns under a name."""
