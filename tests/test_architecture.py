"""The house keeps its walls: the import contract, and nobody reads the clock but the one adapter."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_imports_obey_the_contract():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_clock_adapter_reads_the_time_of_day():
    reads_clock = re.compile(r"\btime\.time\(|datetime\.now\(|datetime\.utcnow\(|date\.today\(")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for room in ("rufbus", "solver", "api")
        for path in sorted((ROOT / room).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if reads_clock.search(line) and path.relative_to(ROOT).as_posix() != "rufbus/clocks.py"
    ]
    assert found == []


def test_every_verb_of_dispatch_is_named_in_the_contract_of_the_one_door():
    contract = (ROOT / ".importlinter").read_text()
    inside = sorted((ROOT / "rufbus" / "dispatch").iterdir())
    rooms = [path.stem for path in inside if path.suffix == ".py" or (path / "__init__.py").exists()]
    missing = [
        room for room in rooms if room not in {"__init__", "planning"} and f"rufbus.dispatch.{room}\n" not in contract
    ]
    assert missing == []
