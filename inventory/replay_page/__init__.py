"""Pages of policy replays and of suppliers on other terms."""
