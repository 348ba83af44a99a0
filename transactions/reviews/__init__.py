"""The review of held orders: the queue, a case with all that is known of it, and its pages."""
