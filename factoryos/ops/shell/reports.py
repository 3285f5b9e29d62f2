"""What browsers report as refused by the Content-Security-Policy: logged, bounded in size and number, never stored."""

from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from factoryos.kernel import limits
from factoryos.kernel.addresses import address_of

log = structlog.get_logger("factoryos.csp")

LARGEST = 8192  # bytes
A_MINUTE = 30  # reports of one address that are logged
_TEXTS = ("effective-directive", "violated-directive", "disposition")
_ADDRESSES = ("document-uri", "blocked-uri", "source-file")  # without their queries, which name customers


@csrf_exempt  # the browser sends it without being asked, and it changes nothing
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return HttpResponse(status=413)
    facts = _facts(request.body)
    if facts and not limits.take(key=f"csp {address_of(request)}", limit=A_MINUTE, period_seconds=60).exceeded:
        log.warning("csp_refused", **facts)
    return HttpResponse(status=204)


def _facts(body: bytes) -> dict[str, Any]:
    """What is worth a line; nothing for what is no report."""
    try:
        report = orjson.loads(body)["csp-report"]
        facts = {name.replace("-", "_"): str(report.get(name, ""))[:100] for name in _TEXTS}
        facts |= {name.replace("-", "_"): _without_query(str(report.get(name, ""))) for name in _ADDRESSES}
        return facts | {"line": int(report.get("line-number") or 0)}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _without_query(address: str) -> str:
    return urlsplit(address)._replace(query="", fragment="").geturl()[:200]
