"""Recording what a quality reviewer signed."""

from decimal import Decimal

from factoryos.kernel import clock
from factoryos.kernel.actors import Actor
from quality.models import Verification


def sign(
    *,
    order_id: int,
    by: Actor,
    good: Decimal,
    rejected: Decimal,
    difference_good: Decimal,
    difference_rejected: Decimal,
    notes: str,
) -> Verification:
    """Keep a sign-off. The caller holds the order's lock and books the difference in the ledger."""
    return Verification.objects.create(
        factory_id=by.factory.id,
        order_id=order_id,
        quantity_final=good + rejected,
        quantity_good=good,
        quantity_rejected=rejected,
        difference_good=difference_good,
        difference_rejected=difference_rejected,
        notes=notes,
        verified_by_id=by.id,
        verified_by_name=by.name,
        verified_at=clock.now(),
    )
