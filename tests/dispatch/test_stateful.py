"""Whatever happens in whatever order, the checker finds nothing and no promise moves."""

import os

from hypothesis import HealthCheck, settings

from .desk_machine import DeskMachine

LONG = os.environ.get("RUFBUS_LONG") == "1"
EXAMPLES = int(os.environ.get("RUFBUS_EXAMPLES", "400" if LONG else "25"))
PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=60 if LONG else 30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

TestDesk = DeskMachine.TestCase
TestDesk.settings = PROFILE
