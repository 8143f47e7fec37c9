"""Little instance files in every format, and where the public ones lie."""

import json
import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("RUFBUS_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(
    not (DATA / "darp").is_dir(), reason=f"no public instances in {DATA}: set RUFBUS_DATA to the folder of test data"
)

LI_LIM = """\
2 10 1
0 0 0 0 0 100 0 0 0
1 3 4 5 0 50 1 0 3
2 0 6 4 0 50 1 0 4
3 6 8 -5 0 90 1 1 0
4 0 10 -4 10 90 1 2 0
"""
SARTORI_BURIOL = """\
NAME: tiny
SIZE: 3
CAPACITY: 10
NODES
0 41.1 2.1 0 0 100 0 0 0
1 41.2 2.2 5 0 50 1 0 2
2 41.3 2.3 -5 0 90 1 1 0
EDGES
0 5 9
4 0 7
8 6 0
EOF
"""
DARP = """\
2 2 100 3 30
0 0.0 0.0 0 0 0 100
1 3.0 4.0 1 1 0 50
2 0.0 6.0 1 1 0 50
3 6.0 8.0 1 -1 0 90
4 0.0 10.0 1 -1 10 90
5 0.0 0.0 0 0 0 100
"""
DYNAMIC = json.dumps(
    {
        "static_info": {
            "number_of_vehicles": 2, "vehicle_capacity": 3, "max_ride_time": 30, "max_route_time": 100,
            "planing_horizon": 200, "depot_location": {"x_coord": 0.0, "y_coord": 0.0},
        },
        "requests": [
            {
                "id": number, "pickup_location": {"x_coord": 3.0, "y_coord": 4.0},
                "delivery_location": {"x_coord": 6.0, "y_coord": 8.0}, "pickup_lower_tw": 0, "pickup_upper_tw": 90,
                "pickup_service_time": 1, "delivery_lower_tw": 0, "delivery_upper_tw": 95,
                "delivery_service_time": 1, "load": 1, "arrival_time": known_at,
            }
            for number, known_at in ((1, 0), (2, 20))
        ],
    },
    indent=1,
)  # fmt: skip
FILES = {
    "li-lim": ("pdptw", LI_LIM),
    "sartori-buriol": ("pdptw", SARTORI_BURIOL),
    "darp": ("darp", DARP),
    "ddarp": ("ddarp", DYNAMIC),
}
"""Who reads it, and its text, by format."""


def write(folder: Path, text: str, name: str = "tiny.txt") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
