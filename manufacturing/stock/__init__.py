"""The stock ledger: one way to lock balances, one way to pick, one way to write (posting); receipts, counts, figures."""
