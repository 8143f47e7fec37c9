"""A home: the folder that holds one service — its file, its roads, its stops and, by default, its database."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rufbus.domain.errors import InvalidInput, InvalidRoads, InvalidServiceFile, WrongState
from rufbus.domain.place import Place, Stop
from rufbus.domain.service import Service
from rufbus.domain.service_file import parse_service
from rufbus.roads.day_network import DayNetwork, list_road_states, open_day_network
from rufbus.roads.graph import RoadGraph
from rufbus.roads.graph_file import load_graph, save_graph
from rufbus.roads.network import Network, build_network, load_network, save_network
from rufbus.roads.osm import read_roads
from rufbus.roads.osm_stops import stops_from_osm
from rufbus.roads.report import ImportReport
from rufbus.roads.snap import SnapReport
from rufbus.roads.stops import stops_from_csv
from rufbus.roads.virtual_stops import virtual_stops
from rufbus.settings import Settings
from rufbus.store.migrate import migrate

Progress = Callable[[str, float], None]
"""Called with what is being done and how far it is, 0 to 1; what it raises ends the work."""

SERVICE_FILE = "service.toml"
ROADS_FILE = "roads.rufbus"
NETWORK_FILE = "network.rufbus"
STATES_FILE = "road-states.rufbus"
"""Travel times on the days of closures and slowdowns; made anew when the service file has others."""
REPORT_FILE = "import-report.txt"
WATER_FILE = "water.geojson"
"""Water for the map, if such a file lies beside the service file."""
DATABASE_FILE = "rufbus.sqlite"


def _keep_quiet(_what: str, _done: float) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Home:
    """The paths of one home."""

    path: Path

    @property
    def service_file(self) -> Path:
        """The service file."""
        return self.path / SERVICE_FILE

    def database_url(self, settings: Settings) -> str:
        """Return where this home keeps its state."""
        return settings.database_url or f"sqlite:///{(self.path / DATABASE_FILE).resolve()}"

    def check(self) -> None:
        """Check that the home has been made.

        Raises
        ------
        InvalidInput
            When something is missing.
        """
        missing = [name for name in (SERVICE_FILE, ROADS_FILE, NETWORK_FILE) if not (self.path / name).exists()]
        if missing:
            raise InvalidInput(
                f"{self.path} is not a Rufbus home: {', '.join(missing)} missing. "
                f"Make one with `rufbus init {self.path} --osm FILE`."
            )


def list_home_files(home: Home) -> list[Path]:
    """Return all files that make up a home, but for its database."""
    names = (SERVICE_FILE, WATER_FILE, REPORT_FILE, STATES_FILE, ROADS_FILE, NETWORK_FILE)
    named = [home.path / name for name in names if (home.path / name).exists()]
    return [*named, *sorted((home.path / "areas").glob("*.geojson"))]


@contextmanager
def hold_home(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold a home while it is made or served; the lock goes with the process, however that ends.

    Raises
    ------
    WrongState
        When a server runs on it and it is wanted alone, or when it is just being made.
    """
    folder = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(folder, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        doing = "A server runs on" if alone else "Somebody is just making"
        raise WrongState(f"{doing} {path}. Stop it, or wait for it, and try again.") from error
    finally:
        os.close(folder)


@dataclass(frozen=True, slots=True)
class MadeHome:
    """What :func:`make_home` did."""

    home: Home
    service: Service
    roads: ImportReport
    stops: SnapReport
    warnings: tuple[str, ...] = ()
    """What is no fault but should be known: stops that closures cut off."""


def read_service(path: Path) -> Service:
    """Return the service that the file at ``path`` describes.

    Raises
    ------
    InvalidServiceFile
        When the file is missing or wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidServiceFile(f"{path} cannot be read: {error}. Give the service file as UTF-8 text.") from error
    return parse_service(text, file_name=path.name, read_polygon=lambda name: _inside(path.parent, name).read_text())


def make_home(
    path: Path,
    osm: Path,
    *,
    service: Path | None = None,
    stops: Path | None = None,
    progress: Progress = _keep_quiet,
) -> MadeHome:
    """Make a home from a road extract; nothing is left behind when anything is wrong.

    A home that exists keeps its database; roads, stops and service file are replaced together.

    Raises
    ------
    InvalidRoads, InvalidServiceFile
        When the extract, the stop list or the service file cannot be used.
    """
    home = Home(path)
    source = service or home.service_file
    path.mkdir(parents=True, exist_ok=True)
    if source.exists():
        read_service(source)
    with hold_home(path, alone=True), tempfile.TemporaryDirectory(prefix=".making-", dir=path) as scratch_name:
        scratch = Path(scratch_name)
        progress("Reading the roads", 0.0)
        graph, report = read_roads(osm, progress=lambda what, done: progress(f"Reading the roads: {what}", done))
        if service is None and not source.exists():
            source = scratch / SERVICE_FILE
            source.write_text(_starter_service(path.name, graph), encoding="utf-8")
        read = read_service(source)
        states = list_road_states(graph, read, source.name)
        chosen = _choose_stops(graph, osm, stops, read, progress)
        depots = [(vehicle.id, vehicle.depot) for vehicle in read.vehicles]
        network, snapped = build_network(
            graph, chosen, depots, progress=lambda done, total: progress("Measuring travel times", done / max(total, 1))
        )
        _write(scratch, source, graph, network, report, snapped)
        warnings = open_day_network(network, read, states, scratch / STATES_FILE).list_warnings()
        migrate(home.database_url(Settings()))
        _move_in(scratch, path)
    return MadeHome(home, read, report, snapped, tuple(warnings))


def load_day_network(home: Home, service: Service) -> DayNetwork:
    """Return the network of a home with the roads as the service has them on each of its days.

    Raises
    ------
    InvalidInput
        When the folder is not a home, or its files are damaged or of another version.
    InvalidServiceFile
        When a closure or a slowdown does not fit the roads.
    """
    network = load_roads(home)
    states = list_road_states(network.graph, service, home.service_file.name)
    return open_day_network(network, service, states, home.path / STATES_FILE)


def load_roads(home: Home) -> Network:
    """Return the network of a home with all roads open.

    Raises
    ------
    InvalidInput
        When the folder is not a home, or its files are damaged or of another version.
    """
    home.check()
    try:
        return load_network(home.path / NETWORK_FILE, load_graph(home.path / ROADS_FILE))
    except InvalidRoads as error:
        raise InvalidRoads(f"{error.detail} `rufbus init {home.path} --osm FILE` makes it; bookings stay.") from error


def _choose_stops(
    graph: RoadGraph, osm: Path, stops: Path | None, service: Service, progress: Progress
) -> Sequence[Stop]:
    """Return the stops of a list, or those of the map filled up with virtual ones."""
    progress("Placing the stops", 0.0)
    if stops is not None:
        return stops_from_csv(stops, graph)
    mapped = stops_from_osm(osm)
    return [*mapped, *virtual_stops(graph, mapped, service.stops.spacing_m)]


def _write(
    scratch: Path, source: Path, graph: RoadGraph, network: Network, report: ImportReport, snapped: SnapReport
) -> None:
    save_graph(graph, scratch / ROADS_FILE)
    save_network(network, scratch / NETWORK_FILE)
    lines = [report.to_text(), "", f"Stops: {snapped.snapped} in the network, {len(snapped.rejected)} left out"]
    lines += [f"  {rejected.stop.id} {rejected.stop.name}: {rejected.reason}" for rejected in snapped.rejected]
    (scratch / REPORT_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    if source.parent != scratch:
        shutil.copyfile(source, scratch / SERVICE_FILE)
        water = source.parent / WATER_FILE
        if water.exists():
            (scratch / WATER_FILE).write_text(_checked_water(water), encoding="utf-8")
        for area in sorted((source.parent / "areas").glob("*.geojson")):
            (scratch / "areas").mkdir(exist_ok=True)
            shutil.copyfile(area, scratch / "areas" / area.name)


def _checked_water(path: Path) -> str:
    """Return the text of a file of water areas, when it is GeoJSON."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise InvalidInput(f"{path.name} is not a GeoJSON FeatureCollection. Mend it or take it away.")
    return json.dumps({"type": "FeatureCollection", "features": content["features"]})


def _move_in(scratch: Path, path: Path) -> None:
    """Put the finished files in place, the network last: a home without one is not a home."""
    for name in ("areas", SERVICE_FILE, WATER_FILE, REPORT_FILE, STATES_FILE, ROADS_FILE, NETWORK_FILE):
        made = scratch / name
        if made.is_dir():
            shutil.copytree(made, path / name, dirs_exist_ok=True)
        elif made.exists():
            made.replace(path / name)


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a file that a service file names; it must lie beside or below it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name} lies outside the folder of the service file")
    return path


def _starter_service(name: str, graph: RoadGraph) -> str:
    """Return a service file to begin with: three vans at the middle of the roads, weekdays and weekends."""
    depot = _middle(graph)
    letters = "".join(letter for letter in name.lower() if letter.isalnum() or letter == "-") or "rufbus"
    vans = "\n".join(
        f'[[vehicles]]\nid = "bus-{n}"\nseats = 8\nwheelchair_places = 1\nseats_lost_per_wheelchair = 2\n'
        f"depot = [{depot.lon:.6f}, {depot.lat:.6f}]\n\n"
        f'[[shifts]]\nvehicle = "bus-{n}"\ndays = "mon-sun"\ntime = "{start}"\nbreak_s = 1800\n'
        for n, start in ((1, "06:00-14:00"), (2, "12:00-20:00"), (3, "08:00-16:00"))
    )
    return (
        "# A service to begin with. Every key is described in docs/settings.md.\n"
        f'[service]\nid = "{letters}"\nname = "Rufbus {name}"\nregime = "linienbedarfsverkehr"\n'
        'timezone = "Europe/Berlin"\n\n[hours]\nmon-sun = ["06:00-20:00"]\n\n' + vans
    )


def _middle(graph: RoadGraph) -> Place:
    """Return the middle of the road edge nearest to the centre of all junctions."""
    lon, lat = float(graph.node_lon.mean()), float(graph.node_lat.mean())
    index = int(((graph.shape_lon - lon) ** 2 + (graph.shape_lat - lat) ** 2).argmin())
    return Place(float(graph.shape_lon[index]), float(graph.shape_lat[index]))
