"""Telemetry over MQTT: machines publish to a broker, one listener takes it from there and stores it.

`messages.py` knows what a message looks like, `line.py` the connection to the broker, `intake.py` the way into the
tables, `listener.py` how long all of it goes on.
"""
