"""From where a request comes: whose word about it is believed."""

from typing import Any

import pytest
from django.test import RequestFactory

from factoryos.kernel.addresses import address_of


@pytest.mark.parametrize(
    ("behind", "remote", "forwarded", "believed"),
    [
        (False, "10.0.0.9", "1.2.3.4", "10.0.0.9"),
        (True, "127.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (True, "127.0.0.1", "", "127.0.0.1"),
        (True, "127.0.0.1", "rubbish", "0.0.0.0"),
        (False, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (False, "::ffff:10.0.0.9", "", "10.0.0.9"),
        (False, "", "", "0.0.0.0"),
    ],
)
def test_whose_address_is_believed(settings: Any, behind: bool, remote: str, forwarded: str, believed: str) -> None:
    settings.BEHIND_TLS = behind
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert address_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote)) == believed
