"""How well fraud is caught: measures from labels, decisions and stored reasons."""
