"""Asking the proofs themselves: every total the sum of its ledger, every history whole."""

from orders import proof_of_ledgers
from orders.proof_of_history import Counted, first_fault


def require_truth() -> None:
    found = [str(fault) for fault in proof_of_ledgers.faults()]
    assert not found, found
    fault = first_fault(factory_id=None, counted=Counted())
    assert fault is None, str(fault)
