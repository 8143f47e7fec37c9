"""What is shown and written down: medians, spreads, ratios, and a file that is whole or not there."""

import io
import json
import os

import pytest
from rich.console import Console

from rufbus.bench.figures import Row, Sample, ratio, to_records, to_table
from rufbus.bench.outcome import check_out, write_json
from rufbus.bench.timing import measure
from rufbus.domain.errors import InvalidInput

OURS = Sample((2.0, 1.0, 4.0, 3.0, 5.0), "ms")
THEIRS = Sample((30.0,), "ms")


def shown(rows):
    console = Console(width=160, file=io.StringIO())
    console.print(to_table("Speed", rows))
    return console.file.getvalue()


def test_a_sample_tells_its_median_and_its_quartiles():
    assert OURS.median == 3.0
    assert OURS.spread == (2.0, 4.0)
    assert OURS.to_text() == "3 ms (2–4)"
    assert THEIRS.to_text() == "30 ms"


def test_a_sample_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Sample((), "s")


def test_a_ratio_is_theirs_over_ours_and_never_mixes_units():
    assert ratio(THEIRS, OURS) == 10.0
    with pytest.raises(ValueError, match="cannot be compared"):
        ratio(Sample((1.0,), "s"), OURS)


def test_a_table_sets_ours_beside_every_peer_that_any_row_has():
    rows = [
        Row("matrix", OURS, {"scipy": THEIRS}, "10 ×", "≥ 250 ×", False),
        Row("address", OURS, {"networkx": "not installed"}, aim="≥ 400 ×"),
    ]
    lines = shown(rows).splitlines()
    assert lines[0].strip() == "Speed"
    assert [cell.strip() for cell in lines[2].split("┃")[1:-1]] == [
        "figure", "ours", "scipy", "networkx", "ratio or gap", "aim", "met",
    ]  # fmt: skip
    assert [cell.strip() for cell in lines[4].split("│")[1:-1]] == [
        "matrix", "3 ms (2–4)", "30 ms", "–", "10 ×", "≥ 250 ×", "no",
    ]  # fmt: skip
    assert lines[5].split("│")[-2].strip() == ""


def test_records_hold_every_measurement():
    (record,) = json.loads(json.dumps(to_records([Row("matrix", OURS, {"scipy": "–"}, is_met=True)])))
    assert record["ours"] == {"unit": "ms", "median": 3.0, "quartiles": [2.0, 4.0], "values": [2.0, 1.0, 4.0, 3.0, 5.0]}
    assert record["peers"] == {"scipy": "–"}
    assert record["met"] is True


def test_what_is_measured_runs_as_often_as_asked_and_warm_ups_do_not_count():
    runs = []
    sample = measure(lambda: runs.append(1), repeats=3, warm_ups=2, unit="µs")
    assert len(runs) == 5
    assert len(sample.values) == 3
    assert sample.unit == "µs"


class TestWritingOut:
    def test_what_was_found_is_written(self, tmp_path):
        write_json(tmp_path / "found.json", [{"instance": "a2-16"}])
        assert json.loads((tmp_path / "found.json").read_text()) == [{"instance": "a2-16"}]

    def test_a_file_that_cannot_be_replaced_stays_as_it_was_and_nothing_lies_beside_it(self, tmp_path, monkeypatch):
        kept = tmp_path / "found.json"
        kept.write_text("old")

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.Path.replace", full)
        with pytest.raises(InvalidInput, match="No space left on device"):
            write_json(kept, [1])
        assert kept.read_text() == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["found.json"]

    def test_a_number_that_json_does_not_know_is_a_fault_before_anything_is_written(self, tmp_path):
        with pytest.raises(ValueError, match="JSON"):
            write_json(tmp_path / "found.json", [float("nan")])
        assert list(tmp_path.iterdir()) == []

    def test_a_place_that_cannot_be_written_to_is_refused_before_the_run(self, tmp_path):
        check_out(None)
        check_out(tmp_path / "found.json")
        with pytest.raises(InvalidInput, match="is a folder: name a file in it"):
            check_out(tmp_path)
        with pytest.raises(InvalidInput, match="there is no folder"):
            check_out(tmp_path / "nowhere" / "found.json")

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to the superuser")
    def test_a_folder_that_may_not_be_written_to_is_refused_before_the_run(self, tmp_path):
        tmp_path.chmod(0o500)
        with pytest.raises(InvalidInput, match="nothing may be written"):
            check_out(tmp_path / "found.json")
