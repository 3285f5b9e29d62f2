"""What orders take from stock and put into it: components fixed at create, reserved, used, given back, and received.

Each module is a step that verbs share; none of them opens a transaction or moves an order.
"""
