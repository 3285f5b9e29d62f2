"""The benchmark of the projection: orders that are made of statements are what bare rows are, and each is there once."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_projecting_writes_what_the_bare_rows_do() -> None:
    command = [sys.executable, "-m", "tests.bench", "projection", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "wrong: nothing, and every order is there once" in done.stdout
