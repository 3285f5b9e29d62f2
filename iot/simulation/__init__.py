"""Machines that are not there: presses that count, spoken to over real sockets and terminals, with faults on order."""
