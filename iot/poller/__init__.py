"""The poller: one a process; it leases shards, keeps their buses open, and hands what it reads to the booking.

`poller.py` runs a stint, `leases.py` says which shards are ours, `waiting.py` keeps what was read until it is booked,
`states.py` says what machines do, `records.py` writes what is no count, `threads.py` are its ways to the database, and
`boundaries.py` brings it the word that an order starts or stops.
"""
