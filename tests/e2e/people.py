"""Who works in the shop beside the first user."""

# Somebody to share things with, and to look at counts a second time. May do everything.
COLLEAGUE = {"email": "bea@techmart.example", "password": "reads everything twice"}
