"""Modbus: frames and lines."""
