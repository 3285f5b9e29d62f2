"""The figures of a machine, as the factory API shows them."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from iot.oee import Oee

_RATIO, _SECONDS = 4, 3  # decimals


def oee(figures: Oee, *, machine_code: str, begin: datetime, end: datetime) -> dict[str, Any]:
    return {
        "machineCode": machine_code,
        "from": begin,
        "to": end,
        "plannedSeconds": _rounded(figures.planned_seconds, _SECONDS),
        "runSeconds": _rounded(figures.run_seconds, _SECONDS),
        "downSeconds": _rounded(figures.down_seconds, _SECONDS),
        "noDataSeconds": _rounded(figures.no_data_seconds, _SECONDS),
        "totalCount": figures.total,
        "goodCount": figures.good,
        "rejectedCount": figures.rejected,
        "idealCycleSeconds": figures.ideal_cycle_seconds,
        "availability": _ratio(figures.availability),
        "performance": _ratio(figures.performance),
        "quality": _ratio(figures.quality),
        "oee": _ratio(figures.oee),
    }


def _ratio(ratio: Fraction | None) -> Decimal | None:
    return None if ratio is None else _rounded(ratio, _RATIO)


def _rounded(number: Fraction, decimals: int) -> Decimal:
    """Half to even, from the exact number."""
    return Decimal(round(number * 10**decimals)).scaleb(-decimals)
