"""The facts that the sample region is drawn from: places, their size, and how they are called.

Names, positions (rounded to three decimals) and population (rounded to tens) of the Gemeinden: Statistisches Bundesamt
(Destatis), Gemeindeverzeichnis 2019, dl-de/by-2-0, rounded. Places outside the Kreis and the parts of towns are put
down from general knowledge, roughly; their size only says how much of them is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settlement:
    """A place that is drawn with streets of its own."""

    name: str
    lon: float
    lat: float
    size: int
    """Inhabitants, or a guess where the place is no Gemeinde of the Kreis."""
    inside: bool = True
    """Belongs to the Kreis or to Flensburg: has stops and a population in ``places.csv``."""


GEMEINDEN: tuple[tuple[str, float, float, int], ...] = (
    ("Ahneby", 9.731, 54.701, 200),
    ("Alt Bennebek", 9.431, 54.378, 330),
    ("Arnis", 9.932, 54.631, 280),
    ("Ausacker", 9.575, 54.739, 530),
    ("Bergenhusen", 9.316, 54.376, 720),
    ("Böel", 9.722, 54.648, 700),
    ("Böklund", 9.584, 54.603, 1660),
    ("Bollingstedt", 9.412, 54.593, 1410),
    ("Boren", 9.820, 54.615, 1160),
    ("Borgwedel", 9.667, 54.500, 680),
    ("Börm", 9.378, 54.403, 750),
    ("Böxlund", 9.181, 54.840, 100),
    ("Brodersby-Goltoft", 9.715, 54.538, 690),
    ("Busdorf", 9.553, 54.493, 2130),
    ("Dannewerk", 9.512, 54.487, 1140),
    ("Dollerup", 9.681, 54.776, 1020),
    ("Dörpstedt", 9.362, 54.434, 540),
    ("Eggebek", 9.372, 54.620, 2460),
    ("Ellingstedt", 9.410, 54.478, 760),
    ("Erfde", 9.317, 54.309, 1950),
    ("Esgrus", 9.782, 54.723, 820),
    ("Fahrdorf", 9.599, 54.505, 2580),
    ("Flensburg", 9.438, 54.783, 90160),
    ("Freienwill", 9.492, 54.729, 1590),
    ("Gelting", 9.897, 54.746, 2080),
    ("Geltorf", 9.613, 54.463, 370),
    ("Glücksburg", 9.551, 54.837, 6110),
    ("Grödersby", 9.918, 54.638, 210),
    ("Groß Rheide", 9.438, 54.441, 870),
    ("Großenwiehe", 9.249, 54.706, 3020),
    ("Großsolt", 9.513, 54.699, 1800),
    ("Grundhof", 9.655, 54.773, 880),
    ("Handewitt", 9.325, 54.765, 11110),
    ("Harrislee", 9.383, 54.804, 11620),
    ("Hasselberg", 9.977, 54.715, 810),
    ("Havetoft", 9.516, 54.649, 890),
    ("Hollingstedt", 9.337, 54.456, 1000),
    ("Holt", 9.147, 54.810, 170),
    ("Hörup", 9.104, 54.740, 620),
    ("Hürup", 9.529, 54.748, 1240),
    ("Hüsby", 9.485, 54.496, 800),
    ("Husby", 9.577, 54.765, 2350),
    ("Idstedt", 9.512, 54.582, 900),
    ("Jagel", 9.537, 54.457, 960),
    ("Janneby", 9.300, 54.626, 410),
    ("Jardelund", 9.201, 54.825, 310),
    ("Jerrishoe", 9.372, 54.657, 960),
    ("Jörl", 9.272, 54.613, 740),
    ("Jübek", 9.394, 54.557, 2740),
    ("Kappeln", 9.931, 54.659, 8570),
    ("Klappholz", 9.539, 54.621, 460),
    ("Klein Bennebek", 9.457, 54.402, 540),
    ("Klein Rheide", 9.476, 54.450, 330),
    ("Kronsgaard", 9.965, 54.732, 240),
    ("Kropp", 9.509, 54.411, 6680),
    ("Langballig", 9.637, 54.799, 1550),
    ("Langstedt", 9.385, 54.617, 1050),
    ("Lindewitt", 9.197, 54.698, 1960),
    ("Loit", 9.700, 54.611, 260),
    ("Lottorf", 9.573, 54.450, 260),
    ("Lürschau", 9.496, 54.539, 1100),
    ("Maasbüll", 9.526, 54.777, 700),
    ("Maasholm", 9.991, 54.684, 590),
    ("Medelby", 9.173, 54.812, 980),
    ("Meggerdorf", 9.398, 54.349, 680),
    ("Meyn", 9.222, 54.758, 740),
    ("Mittelangeln", 9.604, 54.692, 5240),
    ("Mohrkirch", 9.717, 54.676, 960),
    ("Munkbrarup", 9.561, 54.803, 1160),
    ("Neuberend", 9.525, 54.555, 1160),
    ("Nieby", 9.937, 54.772, 130),
    ("Niesgrau", 9.813, 54.744, 530),
    ("Norderbrarup", 9.769, 54.656, 640),
    ("Nordhackstedt", 9.167, 54.733, 480),
    ("Nottfeld", 9.769, 54.619, 120),
    ("Nübel", 9.584, 54.564, 1290),
    ("Oersberg", 9.842, 54.675, 310),
    ("Oeversee", 9.433, 54.703, 3440),
    ("Osterby", 9.211, 54.797, 310),
    ("Pommerby", 9.938, 54.757, 150),
    ("Rabel", 9.950, 54.690, 630),
    ("Rabenholz", 9.902, 54.722, 290),
    ("Rabenkirchen-Faulück", 9.873, 54.636, 650),
    ("Ringsberg", 9.598, 54.807, 540),
    ("Rügge", 9.761, 54.689, 250),
    ("Saustrup", 9.772, 54.672, 190),
    ("Schaalby", 9.640, 54.549, 1560),
    ("Schafflund", 9.185, 54.759, 2710),
    ("Scheggerott", 9.821, 54.668, 370),
    ("Schleswig", 9.567, 54.515, 25420),
    ("Schnarup-Thumby", 9.642, 54.647, 550),
    ("Schuby", 9.480, 54.515, 2690),
    ("Selk", 9.567, 54.473, 870),
    ("Sieverstedt", 9.475, 54.643, 1640),
    ("Silberstedt", 9.371, 54.519, 2310),
    ("Sollerup", 9.320, 54.573, 500),
    ("Sörup", 9.669, 54.718, 4300),
    ("Stangheck", 9.860, 54.713, 200),
    ("Stapel", 9.219, 54.349, 1820),
    ("Steinberg", 9.782, 54.756, 800),
    ("Steinbergkirche", 9.760, 54.754, 2680),
    ("Steinfeld", 9.744, 54.598, 810),
    ("Sterup", 9.739, 54.728, 1330),
    ("Stolk", 9.542, 54.598, 800),
    ("Stoltebüll", 9.879, 54.701, 710),
    ("Struxdorf", 9.639, 54.632, 640),
    ("Süderbrarup", 9.775, 54.636, 5080),
    ("Süderfahrenstedt", 9.584, 54.585, 460),
    ("Süderhackstedt", 9.289, 54.592, 340),
    ("Taarstedt", 9.689, 54.567, 900),
    ("Tarp", 9.403, 54.664, 5810),
    ("Tastrup", 9.477, 54.765, 400),
    ("Tetenhusen", 9.494, 54.349, 950),
    ("Tielen", 9.335, 54.286, 290),
    ("Tolk", 9.639, 54.579, 1040),
    ("Treia", 9.314, 54.514, 1560),
    ("Twedt", 9.676, 54.598, 530),
    ("Uelsby", 9.597, 54.631, 440),
    ("Ulsnis", 9.747, 54.569, 670),
    ("Wagersrott", 9.794, 54.666, 210),
    ("Wallsbüll", 9.238, 54.774, 930),
    ("Wanderup", 9.331, 54.688, 2480),
    ("Wees", 9.523, 54.807, 2380),
    ("Weesby", 9.153, 54.830, 440),
    ("Westerholz", 9.669, 54.817, 750),
    ("Wohlde", 9.295, 54.405, 480),
)
"""Name, lon, lat, population."""

TOWN_PARTS: dict[str, tuple[tuple[str, float, float, int], ...]] = {
    "Flensburg": (
        ("Flensburg", 9.436, 54.781, 10),
        ("Flensburg-Nordstadt", 9.424, 54.798, 14),
        ("Flensburg-Westliche Höhe", 9.417, 54.786, 10),
        ("Flensburg-Friesischer Berg", 9.421, 54.775, 8),
        ("Flensburg-Weiche", 9.401, 54.757, 8),
        ("Flensburg-Südstadt", 9.435, 54.767, 8),
        ("Flensburg-Jürgensby", 9.449, 54.787, 8),
        ("Flensburg-Fruerlund", 9.462, 54.798, 8),
        ("Flensburg-Mürwik", 9.481, 54.814, 9),
        ("Flensburg-Engelsby", 9.486, 54.790, 9),
        ("Flensburg-Tarup", 9.471, 54.772, 8),
    ),
    "Schleswig": (
        ("Schleswig", 9.567, 54.515, 30),
        ("Schleswig-Friedrichsberg", 9.544, 54.504, 25),
        ("Schleswig-St. Jürgen", 9.591, 54.526, 20),
        ("Schleswig-Nord", 9.558, 54.530, 25),
    ),
    "Kappeln": (
        ("Kappeln", 9.930, 54.661, 60),
        ("Kappeln-Mehlby", 9.910, 54.668, 15),
        ("Kappeln-Ellenberg", 9.945, 54.660, 20),
        ("Kappeln-Kopperby", 9.957, 54.645, 5),
    ),
    "Handewitt": (
        ("Handewitt", 9.325, 54.765, 60),
        ("Handewitt-Jarplund", 9.432, 54.741, 25),
        ("Handewitt-Ellund", 9.316, 54.795, 8),
        ("Handewitt-Haurup", 9.330, 54.735, 7),
    ),
}
"""Towns drawn in parts: name, lon, lat, our guess of the share of the town's population (%)."""

NEIGHBOURS: tuple[tuple[str, float, float, int], ...] = (
    ("Barkelsby", 9.840, 54.497, 1500),
    ("Brodersby (Schwansen)", 10.000, 54.632, 400),
    ("Damp", 9.995, 54.585, 900),
    ("Dörphof", 9.980, 54.603, 700),
    ("Eckernförde", 9.835, 54.470, 5000),
    ("Fleckeby", 9.697, 54.483, 1800),
    ("Güby", 9.667, 54.486, 600),
    ("Holzdorf", 9.910, 54.560, 800),
    ("Karby", 9.972, 54.622, 500),
    ("Kosel", 9.752, 54.506, 1000),
    ("Loose", 9.875, 54.525, 700),
    ("Missunde", 9.726, 54.518, 200),
    ("Rieseby", 9.820, 54.541, 2200),
    ("Sieseby", 9.862, 54.591, 200),
    ("Thumby", 9.925, 54.589, 400),
    ("Winnemark", 9.950, 54.616, 500),
)
"""Places beyond the Kreis that the roads need: name, lon, lat, roughly how large to draw them."""

CAPITALS = ("Flensburg", "Schleswig", "Kappeln", "Eckernförde")
"""Places large enough to be tagged as towns whatever is drawn of them."""

OTHER_NAMES: dict[str, tuple[str, str]] = {
    "Arnis": ("Arnæs", "Arnis"),
    "Böklund": ("Bøglund", "Böklund"),
    "Busdorf": ("Bustrup", "Busdörp"),
    "Eggebek": ("Eggebæk", "Eggbek"),
    "Fahrdorf": ("Fartorp", "Fohrdörp"),
    "Flensburg": ("Flensborg", "Flensborg"),
    "Glücksburg": ("Lyksborg", "Glücksborg"),
    "Handewitt": ("Hanved", "Hanwitt"),
    "Harrislee": ("Harreslev", "Harrislee"),
    "Idstedt": ("Isted", "Idst"),
    "Jübek": ("Jydbæk", "Jübek"),
    "Kappeln": ("Kappel", "Kappeln"),
    "Kropp": ("Krop", "Kropp"),
    "Langballig": ("Langballe", "Langballig"),
    "Maasholm": ("Masholm", "Maasholm"),
    "Oeversee": ("Oversø", "Översee"),
    "Schafflund": ("Skovlund", "Schafflund"),
    "Schleswig": ("Slesvig", "Sleswig"),
    "Schuby": ("Skovby", "Schuby"),
    "Silberstedt": ("Sølvsted", "Sülverst"),
    "Sörup": ("Sørup", "Sörup"),
    "Steinbergkirche": ("Stenbjergkirke", "Steenbargkark"),
    "Süderbrarup": ("Sønder Brarup", "Süderbrarup"),
    "Treia": ("Treja", "Treia"),
    "Ulsnis": ("Ulsnæs", "Ulsnis"),
    "Wanderup": ("Vanderup", "Wannerup"),
    "Wees": ("Ves", "Wees"),
}
"""Danish and Low German names."""

STATIONS = ("Flensburg", "Husby", "Jübek", "Schleswig-Friedrichsberg", "Sörup", "Süderbrarup", "Tarp", "Rieseby")
"""Places with a railway station on the lines Flensburg to Neumünster and Flensburg to Kiel."""

HOSPITALS = ("Flensburg-Westliche Höhe", "Schleswig-Nord")
"""Parts of towns with a hospital."""


def town_of(name: str) -> str:
    """Return the town that a place is a part of, the place itself where it is none."""
    for town, parts in TOWN_PARTS.items():
        if any(part[0] == name for part in parts):
            return town
    return name


def list_settlements() -> tuple[Settlement, ...]:
    """Return all drawn places, the towns in their parts, in a fixed order."""
    whole = [Settlement(*row) for row in GEMEINDEN if row[0] not in TOWN_PARTS]
    population = {row[0]: row[3] for row in GEMEINDEN}
    parts = [
        Settlement(name, lon, lat, population[town] * share // 100)
        for town, rows in TOWN_PARTS.items()
        for name, lon, lat, share in rows
    ]
    return (*whole, *parts, *(Settlement(*row, inside=False) for row in NEIGHBOURS))
