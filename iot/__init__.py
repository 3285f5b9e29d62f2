"""Machines that count: connections, polling, counter ledger. Turns counts into verbs."""
