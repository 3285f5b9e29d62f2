"""What the tests of this face share."""

import pytest

from tests.conformance.erp.plant import Plant


@pytest.fixture
def plant() -> Plant:
    return Plant()
