"""Purchase orders: the list, and one with its lines, deliveries and history."""
