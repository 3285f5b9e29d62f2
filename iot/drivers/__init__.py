"""Drivers: how each kind of device is asked."""
