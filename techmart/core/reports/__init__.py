"""Lists that are sent by mail at set times, each once."""
