"""`manage.py create_api_key`: a key for a program, its secret printed once and to be had nowhere afterwards."""

from argparse import ArgumentParser
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from factoryos.kernel import clock
from factoryos.kernel.api_keys import create_api_key
from factoryos.kernel.models import ApiKey, Factory
from factoryos.kernel.permissions import ROLES
from factoryos.kernel.text import is_safe

KINDS = {
    "erp": ApiKey.Kind.API_KEY,
    "ingest": ApiKey.Kind.PERSONAL_ACCESS_TOKEN,
    "store": ApiKey.Kind.STORE_KEY,
}
# What a program of this kind commonly needs to do.
_USUAL = {
    "erp": ("planner", "technician", "engineer"),
    "ingest": ("planner",),
    "store": ("planner", "technician"),
}
_LONGEST_NAME = 100


class Command(BaseCommand):
    help = "Make a key for a program that calls an API. Its secret is the one line on stdout; it is not kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--factory", required=True, metavar="SLUG", help="the factory that the key belongs to")
        parser.add_argument("--name", required=True, help="what the key is called in histories, such as 'ERP key'")
        parser.add_argument("--kind", choices=KINDS, default="erp", help="the API that it opens (default: erp)")
        parser.add_argument("--roles", metavar="ROLE,ROLE", help=f"of {', '.join(ROLES)}; default: usual for the kind")
        parser.add_argument(
            "--expires", metavar="DATE", help="its last day in the factory's zone, or an ISO 8601 instant"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        factory = Factory.objects.filter(slug=options["factory"]).first()
        if factory is None:
            known = ", ".join(Factory.objects.order_by("slug").values_list("slug", flat=True)[:20])
            raise CommandError(f"There is no factory {options['factory']}. There is: {known or 'none at all'}.")
        if options["kind"] == "store" and not factory.store_id:
            raise CommandError(f"{factory.slug} has no store id, so nobody could name its store. Give it one first.")
        key, secret = create_api_key(
            kind=KINDS[options["kind"]],
            name=_name(options["name"]),
            roles=_roles(options["roles"]) if options["roles"] is not None else _USUAL[options["kind"]],
            factory=factory,
            expires_at=_end(options["expires"], factory=factory) if options["expires"] is not None else None,
        )
        until = f", until {key.expires_at.isoformat(timespec='minutes')}" if key.expires_at else ""
        self.stderr.write(
            f"{key.name} for {factory.slug}: {', '.join(key.roles)}{until}. Keep it: it is not shown again."
        )
        self.stdout.write(secret)


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > _LONGEST_NAME or not is_safe(name):
        raise CommandError(f"--name must be 1 to {_LONGEST_NAME} characters on one line.")
    return name


def _roles(text: str) -> list[str]:
    roles = [role.strip() for role in text.split(",") if role.strip()]
    if unknown := [role for role in roles if role not in ROLES]:
        raise CommandError(f"There is no role {', '.join(unknown)}. There are: {', '.join(ROLES)}.")
    if not roles:
        raise CommandError(f"--roles names none. There are: {', '.join(ROLES)}.")
    return roles


def _end(text: str, *, factory: Factory) -> datetime:
    """The instant from which the key is no longer believed."""
    zone = factory.tenant().zone
    try:
        if len(text) == len("2026-01-01"):
            end = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time.min, tzinfo=zone)
        else:
            end = datetime.fromisoformat(text)
        end = (end if end.tzinfo else end.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(f"--expires must be a day or an instant, such as 2027-01-31: {text} is none.") from None
    if end <= clock.now():
        raise CommandError(f"--expires is over already: {end.isoformat()}.")
    return end
