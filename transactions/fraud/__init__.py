"""How likely a sale is fraud: signals, the score they add up to, and what they are measured by."""
