"""Whatever happens in whatever order, the checker finds nothing and no promise moves: in memory and in databases.

``RUFBUS_LONG=1`` searches longer and deeper.
"""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from rufbus.store.unit_of_work import open_store

from .desk_machine import DeskMachine

LONG = os.environ.get("RUFBUS_LONG") == "1"


def search(examples, steps):
    more = 20 if LONG else 1
    return settings(
        max_examples=examples * more,
        stateful_step_count=2 * steps if LONG else steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.timeout(7200 if LONG else 300)
def test_in_memory_nothing_goes_wrong_and_no_promise_moves():
    run_state_machine_as_test(DeskMachine, settings=search(30, 25))


@pytest.mark.timeout(7200 if LONG else 300)
def test_in_a_file_nothing_goes_wrong_and_no_promise_moves(migrated_file, tmp_path):
    class InAFile(DeskMachine):
        longest_step_s = 900

        def make_store(self):
            path = Path(tmp_path) / "store.sqlite"
            for leftover in tmp_path.glob("store.sqlite*"):
                leftover.unlink()
            shutil.copy(migrated_file, path)
            return open_store(f"sqlite:///{path}")

    run_state_machine_as_test(InAFile, settings=search(3, 10))


@pytest.mark.postgres
@pytest.mark.timeout(7200 if LONG else 300)
def test_in_a_server_nothing_goes_wrong_and_no_promise_moves(migrated_database, empty_database):
    class InAServer(DeskMachine):
        longest_step_s = 900

        def make_store(self):
            empty_database()
            return open_store(migrated_database[0])

    run_state_machine_as_test(InAServer, settings=search(3, 10))
