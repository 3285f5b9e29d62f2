"""Number series: without gaps where a gap would be a question at the audit, without waiting everywhere else."""

import pytest
from django.db import transaction

from factoryos.kernel.counters import next_gapless, next_number, peek_number
from tests.floor import a_factory
from tests.threads import at_once


class Changed(Exception):
    """Makes a transaction roll back."""


@pytest.mark.django_db(transaction=True)
def test_a_gapless_number_of_a_failed_transaction_is_given_again() -> None:
    factory = a_factory()
    with transaction.atomic():
        assert next_gapless(factory_id=factory.pk, series="MO/2026") == 1
    with pytest.raises(Changed), transaction.atomic():
        assert next_gapless(factory_id=factory.pk, series="MO/2026") == 2
        raise Changed
    with transaction.atomic():
        assert next_gapless(factory_id=factory.pk, series="MO/2026") == 2
        assert next_gapless(factory_id=factory.pk, series="MO/2027") == 1


@pytest.mark.django_db(transaction=True)
def test_gapless_numbers_taken_at_once_are_distinct_and_without_gaps() -> None:
    factory = a_factory()

    def take() -> int:
        with transaction.atomic():
            return next_gapless(factory_id=factory.pk, series="MO/2026")

    assert sorted(at_once(*[take] * 12)) == list(range(1, 13))  # type: ignore[type-var]


@pytest.mark.django_db(transaction=True)
def test_ordinary_numbers_never_repeat_and_series_do_not_mix() -> None:
    one, two = a_factory(), a_factory()
    taken = at_once(*[lambda: next_number(factory_id=one.pk, series="PO-2026")] * 12)
    assert len(set(taken)) == 12, taken
    first = next_number(factory_id=two.pk, series="PO-2026")
    assert peek_number(factory_id=two.pk, series="PO-2026") == first + 1
    assert peek_number(factory_id=two.pk, series="PO-2026") == first + 1, "a peek takes nothing"
    assert peek_number(factory_id=two.pk, series="XX-2026") == 1
