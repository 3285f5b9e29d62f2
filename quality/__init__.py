"""Whether things are good: verifications and holds. Names orders by string key only; cannot move one."""
