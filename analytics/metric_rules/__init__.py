"""Rules that people set on the shop's numbers, and the alerts these raise."""
