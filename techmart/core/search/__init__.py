"""One search over everything: pages, actions, and the rows that apps offer to be found."""
