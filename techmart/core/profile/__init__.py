"""What a person decides about how the pages look and what reaches them."""
