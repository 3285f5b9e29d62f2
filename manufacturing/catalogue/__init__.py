"""Setting a factory up: what it makes, on what, and how. Each call is allowed by the verb `set_up`."""
