"""`manage.py credentials`: the demo's sign-ins as shell exports, or as JSON for scripts. Development only."""

import json
import shlex
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from factoryos.ops.demo import people
from factoryos.ops.demo.sheet import sheet


class Command(BaseCommand):
    help = 'Print the demo\'s credentials. In a shell: eval "$(.venv/bin/python manage.py credentials)"'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="everything, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        found = sheet()
        self.stdout.write(json.dumps(found, indent=2) if options["json"] else _exports(found))


def _exports(found: dict[str, Any]) -> str:
    """One `export` a line and no comments, which an interactive zsh would take for commands."""
    plant = found["factories"][0]
    values = {
        "BASE_URL": found["base_url"],
        "FACTORY": plant["slug"],
        # One person may do all seven steps of the first guide: planning, production and quality.
        "XENTR_TOKEN": found["users"]["admin"]["jwt"],
        **{f"TOKEN_{role.upper()}": user["jwt"] for role, user in found["users"].items()},
        "ERP_KEY": plant["api_keys"]["erp"],
        "INGEST_TOKEN": plant["api_keys"]["ingest"],
        "LOCATION": plant["location_id"],
        "STORE": plant["store_id"],
        "STORE_KEY": plant["api_keys"]["store"],
        "CUSTOMER_ORDER": str(found["ids"]["customer_orders"]["WEB-5512"]),
        "ARTICLE": "CAP-28/BLUE",
        "PRODUCT": found["ids"]["products"]["CAP-28"],
        "METHOD": found["ids"]["methods"]["CAP-STD"],
        "MACHINE": "PRESS-01",
        "DEMO_USERS": " ".join(user["email"] for user in found["users"].values()),
        "DEMO_PASSWORD": people.PASSWORD,
    }
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())
