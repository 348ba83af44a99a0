"""What can go wrong with the embedded servers, said to a person."""


class EmbeddedServersError(Exception):
    """The embedded servers cannot be used; the message says why and what to do."""
