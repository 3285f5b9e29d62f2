"""What the console forgets by itself."""

from datetime import timedelta

import pytest
from axes.models import AccessLog
from django.contrib.sessions.models import Session

from factoryos.kernel import clock
from factoryos.ops.tasks import SIGN_INS_KEPT_DAYS, forget_sign_ins

pytestmark = pytest.mark.django_db


def test_ended_sessions_and_old_sign_ins_are_forgotten_and_nothing_else() -> None:
    now = clock.now()
    for key, days in (("ended", -1), ("open", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=days))
    for name, days in (("long ago", SIGN_INS_KEPT_DAYS + 1), ("lately", SIGN_INS_KEPT_DAYS - 1)):
        entry = AccessLog.objects.create(username=name, ip_address="192.0.2.1")
        AccessLog.objects.filter(pk=entry.pk).update(attempt_time=now - timedelta(days=days))
    forget_sign_ins()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
    assert list(AccessLog.objects.values_list("username", flat=True)) == ["lately"]
