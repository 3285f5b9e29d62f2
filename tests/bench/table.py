"""How the figures are told: one table of rates and of what they are beside bare Django and raw SQL."""

from collections.abc import Sequence

from tests.bench.contest import BARE, OURS, PLACES, RAW, STOCK_VERBS, VERBS, Contest, Key

PEERS = """\
Published elsewhere, on two cores with PostgreSQL and client on the same machine, at 1 and 4 connections:
  create   Odoo 14: 34, 67   InvenTree 1.4: 19, 27   Tryton 8.2: 13, 25
  start    (confirm there)   Odoo: 37, 76   InvenTree: 27, 26   Tryton: 41, 94
  page     50 of 10,000      Odoo: 71, 142   InvenTree: 21, 35   Tryton: 26, 60"""
NOTES = """\
ours: over HTTP with a signed token, validated, permitted, chained by hashes, the whole order read and rendered again.
bare: a Django view under the same server, without middleware, token, validation or rules; the same rows written by ORM.
raw:  the product's own statements through psycopg, in processes and threads as the server's, without HTTP.
×bare, ×raw: ours in proportion. p95: ms of a call. cpu: ms that the web server computes for a call; it hardly moves
when others use the machine. every new: no page, and no row, was rendered before; first and deepest: again and again.
confirm, begin, produce: the ERP's calls with an API key, on orders whose five components all lie in the same rows of
stock, so that calls at once wait for each other; begin is the first produce, which starts the order and makes its lot."""


NAME = 17
HEAD = f"{'conns':>6}" + 2 * f"{'':2}{'%s':>6}{'p95':>7}{'cpu':>7}" + f"{'raw':>8}{'×bare':>8}{'×raw':>7}"


def writes(contest: Contest, levels: Sequence[int]) -> list[str]:
    return [f"{'a second':{NAME}}{HEAD % ('ours', 'bare')}", *_verbs(contest, VERBS, levels)]


def stock(contest: Contest, levels: Sequence[int]) -> list[str]:
    """The stock verbs, on each shelf that was measured."""
    names = dict.fromkeys(key[0] for key in contest.results if key[0].partition(",")[0] in STOCK_VERBS)
    return _verbs(contest, list(names), levels)


def _verbs(contest: Contest, verbs: Sequence[str], levels: Sequence[int]) -> list[str]:
    lines = []
    for verb in verbs:
        for level in levels:
            ours, bare, raw = (contest.rate(verb, level, who) for who in (OURS, BARE, RAW))
            name = verb if level == levels[0] else ""
            both = "".join(_figures(contest, (verb, level, who)) for who in (OURS, BARE))
            lines.append(f"{name:{NAME}}{level:6}{both}{raw:8.0f}{_ratio(ours, bare):>8}{_ratio(ours, raw):>7}")
    return lines


def reads(contest: Contest, levels: Sequence[int], sizes: Sequence[int]) -> list[str]:
    lines = []
    for size in sizes:
        lines.append(f"pages of 50 out of {size:,} orders")
        for place in PLACES:
            for level in levels:
                keys = [(place, size, level, who) for who in (OURS, BARE)]
                name = place if level == levels[0] else ""
                both = "".join(_figures(contest, key) for key in keys)
                lines.append(f"{name:{NAME}}{level:6}{both}{'':8}{_ratio(*(contest.rate(*key) for key in keys)):>8}")
    return lines


def _figures(contest: Contest, key: Key) -> str:
    return f"{'':2}{contest.rate(*key):6.0f}{contest.p95(*key):7.1f}{contest.cpu(*key):7.2f}"


def _ratio(ours: float, other: float) -> str:
    return f"{ours / other:.2f}" if other else "–"
