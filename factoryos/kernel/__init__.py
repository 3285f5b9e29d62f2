"""The bottom drawer: tenants, actors, problems, transactions, outbox. Imports no other app of the project."""
