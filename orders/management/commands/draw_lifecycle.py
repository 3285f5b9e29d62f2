"""`manage.py draw_lifecycle`: the life of an order as a drawing; `--check FILE` keeps a file's drawing true."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders import drawing

BEGIN, END = "<!-- lifecycle -->", "<!-- /lifecycle -->"
_FORMATS = {"mermaid": drawing.mermaid, "dot": drawing.dot, "text": drawing.text}


class Command(BaseCommand):
    help = "Draw the states of an order and the verbs between them, from the table that the code runs by."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=sorted(_FORMATS), default="mermaid")
        parser.add_argument("--check", type=Path, metavar="FILE", help=f"fail if what {BEGIN} marks there is outdated")
        parser.add_argument("--write", type=Path, metavar="FILE", help=f"put the drawing between {BEGIN} and {END}")

    def handle(self, *args: Any, **options: Any) -> None:
        if path := options["write"]:
            path.write_text(_with_block(path))
        elif path := options["check"]:
            if path.read_text() != _with_block(path):
                raise CommandError(f"The drawing in {path} is outdated: manage.py draw_lifecycle --write {path}")
            self.stdout.write(f"The drawing in {path} is true.")
        else:
            self.stdout.write(_FORMATS[options["format"]]())


def _with_block(path: Path) -> str:
    """The file's text with the drawing as it should be."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CommandError(f"{path} has no {BEGIN} … {END} to hold the drawing.")
    return f"{before}{BEGIN}\n{drawing.mermaid()}\n{END}{after}"
