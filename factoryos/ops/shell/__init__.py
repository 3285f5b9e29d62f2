"""The frame of every page: sign-in, factory switcher, preferences, error pages, safety headers."""
