"""Alerts that leave the pages: to whom, when, by mail or webhook, and what silences them."""
