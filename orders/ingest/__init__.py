"""Statements of planning systems about orders: kept as versions, followed by the production orders in the background."""
