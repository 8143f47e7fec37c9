"""How the sample region is laid out: water, crossings, through roads. Rough lines, put down from general knowledge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Crossing:
    """A place where the Schlei can be crossed, at one point of its centre line."""

    name: str
    at: int
    """Index into ``SCHLEI``."""
    banks: tuple[str, str]
    """Names of the two landings, the Angeln side first."""
    tags: tuple[tuple[str, str], ...]


SCHLEI: tuple[tuple[float, float, int], ...] = (
    (9.5570, 54.5090, 160),
    (9.5720, 54.5065, 600),
    (9.5900, 54.5105, 800),
    (9.6150, 54.5115, 1000),
    (9.6400, 54.5085, 350),
    (9.6600, 54.5130, 900),
    (9.6850, 54.5180, 1400),
    (9.7060, 54.5205, 800),
    (9.7185, 54.5235, 140),
    (9.7280, 54.5290, 350),
    (9.7400, 54.5380, 600),
    (9.7570, 54.5490, 800),
    (9.7760, 54.5590, 800),
    (9.8000, 54.5730, 800),
    (9.8195, 54.5865, 140),
    (9.8350, 54.5930, 500),
    (9.8600, 54.6000, 700),
    (9.8850, 54.6120, 700),
    (9.9100, 54.6220, 600),
    (9.9300, 54.6270, 350),
    (9.9385, 54.6320, 220),
    (9.9400, 54.6440, 400),
    (9.9375, 54.6550, 220),
    (9.9372, 54.6610, 130),
    (9.9430, 54.6690, 300),
    (9.9570, 54.6755, 500),
    (9.9750, 54.6765, 800),
    (9.9930, 54.6740, 1100),
    (10.0150, 54.6715, 800),
    (10.0330, 54.6725, 160),
    (10.0450, 54.6728, 160),
)
"""The centre line of the Schlei from Schleswig to Schleimünde: lon, lat, width (m)."""

CROSSINGS: tuple[Crossing, ...] = (
    Crossing(
        "Fähre Missunde",
        8,
        ("Missunde Nordufer", "Missunde Südufer"),
        (
            ("route", "ferry"),
            ("name", "Fähre Missunde"),
            ("motor_vehicle", "yes"),
            ("foot", "yes"),
            ("bicycle", "yes"),
            ("maxweight", "16"),
            ("duration", "00:05"),
            ("opening_hours", "Mo-Fr 06:00-22:00; Sa,Su 08:00-22:00"),
            ("fee", "yes"),
        ),
    ),
    Crossing(
        "Lindaunisbrücke",
        14,
        ("Lindaunis Nordufer", "Lindaunis Südufer"),
        (
            ("highway", "construction"),
            ("construction", "secondary"),
            ("name", "Lindaunisbrücke"),
            ("motor_vehicle", "no"),
            ("bridge", "yes"),
            ("layer", "1"),
        ),
    ),
    Crossing(
        "Fähre Arnis",
        20,
        ("Arnis Anleger", "Sundsacker"),
        (
            ("route", "ferry"),
            ("name", "Fähre Arnis"),
            ("motor_vehicle", "yes"),
            ("foot", "yes"),
            ("bicycle", "yes"),
            ("maxweight", "16"),
            ("duration", "00:05"),
            ("opening_hours", "Mar-Oct 10:00-18:00"),
            ("fee", "yes"),
        ),
    ),
    Crossing(
        "Klappbrücke Kappeln",
        23,
        ("Kappeln Hafen", "Ellenberg Brückenkopf"),
        (
            ("highway", "primary"),
            ("name", "Klappbrücke Kappeln"),
            ("ref", "B 203"),
            ("maxspeed", "50"),
            ("surface", "asphalt"),
            ("bridge", "movable"),
            ("bridge:movable", "bascule"),
            ("layer", "1"),
        ),
    ),
)
"""The four ways over the water; the fifth is the road round by Schleswig (Gottorf)."""

SEA: tuple[tuple[float, float], ...] = (
    (9.4335, 54.7865), (9.4385, 54.7900), (9.4410, 54.7960), (9.4480, 54.8040), (9.4560, 54.8120),
    (9.4640, 54.8210), (9.4780, 54.8290), (9.4970, 54.8310), (9.5200, 54.8410), (9.5450, 54.8460),
    (9.5650, 54.8520), (9.5850, 54.8640), (9.5950, 54.8760), (9.6020, 54.8790), (9.6110, 54.8730),
    (9.6060, 54.8600), (9.5950, 54.8470), (9.6060, 54.8370), (9.6300, 54.8290), (9.6560, 54.8250),
    (9.6900, 54.8240), (9.7330, 54.8090), (9.7850, 54.7980), (9.8130, 54.7880), (9.8350, 54.7740),
    (9.8580, 54.7640), (9.8830, 54.7580), (9.8920, 54.7640), (9.8800, 54.7780), (9.8860, 54.7930),
    (9.8990, 54.7990), (9.9330, 54.7900), (9.9650, 54.7720), (9.9850, 54.7550), (10.0000, 54.7390),
    (10.0120, 54.7200), (10.0240, 54.7000), (10.0330, 54.6850), (10.0370, 54.6725), (10.0360, 54.6600),
    (10.0320, 54.6400), (10.0300, 54.6100), (10.0230, 54.5800), (10.0000, 54.5450), (9.9550, 54.5100),
    (9.9000, 54.4850), (9.8700, 54.4700), (9.8530, 54.4640), (9.8700, 54.4560), (9.9200, 54.4600), (10.0900, 54.4600),
    (10.0900, 54.9300), (9.8000, 54.9300), (9.7750, 54.9000), (9.7200, 54.8780), (9.6650, 54.8760),
    (9.6200, 54.8960), (9.5700, 54.8900), (9.5300, 54.8740), (9.4950, 54.8580), (9.4700, 54.8470),
    (9.4400, 54.8390), (9.4240, 54.8220), (9.4270, 54.8080), (9.4330, 54.7970), (9.4310, 54.7900),
)  # fmt: skip
"""Flensburger Förde and Baltic, once round with the land on the left, closed along the sketch's edge (lon, lat)."""

COAST_EDGE = (50, 52)
"""First and last index into ``SEA`` of the points that are the sketch's edge and no coast."""

WAYPOINTS: dict[str, tuple[float, float]] = {
    "Gottorf": (9.545, 54.5125),
    "Rand Schafflund": (9.060, 54.752),
    "Rand Kupfermühle": (9.408, 54.829),
    "Rand Jardelund": (9.180, 54.852),
    "Rand Treia": (9.255, 54.505),
    "Rand Jörl": (9.235, 54.625),
    "Rand Kropp": (9.572, 54.372),
    "Rand Erfde": (9.285, 54.290),
    "Rand Tetenhusen": (9.535, 54.330),
}
"""Points of the through roads that are no places; those called Rand lie where the sketch ends."""

ROUTES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("primary", "B 76", (
        "Schleswig", "Gottorf", "Schleswig-Friedrichsberg", "Busdorf", "Fahrdorf", "Güby", "Fleckeby", "Eckernförde")),
    ("primary", "B 77", ("Busdorf", "Jagel", "Kropp", "Rand Kropp")),
    ("primary", "B 199", (
        "Rand Schafflund", "Schafflund", "Wallsbüll", "Handewitt", "Flensburg-Weiche", "Flensburg-Südstadt",
        "Flensburg-Tarup", "Flensburg-Engelsby", "Wees", "Langballig", "Dollerup", "Steinbergkirche", "Gelting",
        "Stoltebüll", "Kappeln-Mehlby", "Kappeln")),
    ("primary", "B 200", (
        "Rand Kupfermühle", "Harrislee", "Flensburg-Westliche Höhe", "Flensburg-Friesischer Berg", "Flensburg-Weiche",
        "Wanderup", "Jörl", "Rand Jörl")),
    ("primary", "B 201", (
        "Kappeln", "Rabenkirchen-Faulück", "Süderbrarup", "Loit", "Twedt", "Tolk", "Schleswig-St. Jürgen",
        "Schleswig-Nord", "Schuby", "Silberstedt", "Treia", "Rand Treia")),
    ("primary", "B 203", ("Kappeln", "Kappeln Hafen")),
    ("primary", "B 203", (
        "Ellenberg Brückenkopf", "Kappeln-Ellenberg", "Kappeln-Kopperby", "Karby", "Dörphof", "Thumby", "Holzdorf",
        "Loose", "Barkelsby", "Eckernförde")),
    ("secondary", "L 317", (
        "Flensburg", "Flensburg-Südstadt", "Handewitt-Jarplund", "Oeversee", "Sieverstedt", "Idstedt",
        "Schleswig-Nord", "Schleswig")),
    ("secondary", "", ("Schleswig", "Schleswig-St. Jürgen")),
    ("secondary", "", ("Schleswig-Nord", "Nübel", "Böklund", "Mittelangeln", "Großsolt",
                       "Freienwill", "Flensburg-Tarup")),
    ("secondary", "", ("Schleswig-St. Jürgen", "Schaalby", "Brodersby-Goltoft", "Missunde Nordufer")),
    ("secondary", "", ("Missunde Südufer", "Missunde", "Kosel", "Fleckeby")),
    ("secondary", "", ("Kosel", "Rieseby", "Loose")),
    ("secondary", "", ("Flensburg", "Flensburg-Jürgensby", "Flensburg-Fruerlund", "Flensburg-Mürwik", "Glücksburg",
                       "Ringsberg", "Langballig")),
    ("secondary", "", ("Flensburg", "Flensburg-Nordstadt", "Harrislee", "Handewitt-Ellund", "Medelby")),
    ("secondary", "", ("Flensburg", "Flensburg-Westliche Höhe")),
    ("secondary", "", ("Flensburg-Jürgensby", "Flensburg-Engelsby", "Maasbüll", "Husby", "Sörup", "Sterup", "Esgrus",
                       "Stoltebüll")),
    ("secondary", "", ("Mittelangeln", "Sörup", "Mohrkirch", "Süderbrarup", "Boren", "Lindaunis Nordufer")),
    ("secondary", "", ("Lindaunis Südufer", "Rieseby", "Barkelsby")),
    ("secondary", "", ("Glücksburg", "Munkbrarup", "Wees")),
    ("secondary", "", ("Schuby", "Jübek", "Eggebek", "Tarp", "Wanderup")),
    ("secondary", "", ("Tarp", "Sieverstedt", "Havetoft", "Mittelangeln")),
    ("secondary", "", ("Wanderup", "Großenwiehe", "Schafflund", "Medelby", "Jardelund", "Rand Jardelund")),
    ("secondary", "", ("Silberstedt", "Hollingstedt", "Dörpstedt", "Kropp")),
    ("secondary", "", ("Schleswig-Friedrichsberg", "Dannewerk", "Ellingstedt", "Hollingstedt")),
    ("secondary", "", ("Kropp", "Klein Bennebek", "Meggerdorf", "Erfde", "Rand Erfde")),
    ("secondary", "", ("Dörpstedt", "Bergenhusen", "Stapel", "Erfde", "Tielen")),
    ("secondary", "", ("Kropp", "Tetenhusen", "Rand Tetenhusen")),
    ("secondary", "", ("Gelting", "Kronsgaard", "Hasselberg", "Rabel", "Kappeln")),
    ("tertiary", "", ("Rabel", "Maasholm")),
    ("tertiary", "", ("Gelting", "Pommerby", "Nieby")),
    ("tertiary", "", ("Kappeln", "Grödersby", "Arnis", "Arnis Anleger")),
    ("tertiary", "", ("Sundsacker", "Winnemark", "Karby")),
    ("tertiary", "", ("Grödersby", "Rabenkirchen-Faulück", "Boren", "Ulsnis", "Brodersby-Goltoft")),
    ("tertiary", "", ("Wanderup", "Jerrishoe", "Eggebek", "Sollerup", "Treia")),
    ("tertiary", "", ("Oeversee", "Großsolt", "Ausacker", "Husby", "Grundhof", "Dollerup")),
    ("tertiary", "", ("Böklund", "Struxdorf", "Schnarup-Thumby", "Mohrkirch", "Esgrus")),
)  # fmt: skip
"""Through roads besides the motorway: class, ref (where it is beyond doubt), places in order."""

MOTORWAY: tuple[tuple[float, float], ...] = (
    (9.3420, 54.8330), (9.3520, 54.8000), (9.3630, 54.7650), (9.3820, 54.7370), (9.4070, 54.7050), (9.4260, 54.6780),
    (9.4430, 54.6500), (9.4520, 54.6200), (9.4650, 54.5850), (9.4980, 54.5580), (9.5140, 54.5380), (9.5140, 54.5130),
    (9.5290, 54.4880), (9.5500, 54.4670), (9.5580, 54.4460), (9.5780, 54.4130), (9.6020, 54.3800),
)  # fmt: skip
"""The centre line of the A 7 from the border southwards (lon, lat)."""

INTERCHANGES: tuple[tuple[str, float, float], ...] = (
    ("Flensburg/Harrislee", 9.363, 54.765),
    ("Flensburg", 9.382, 54.738),
    ("Tarp", 9.441, 54.654),
    ("Schleswig/Schuby", 9.514, 54.522),
    ("Schleswig/Jagel", 9.545, 54.474),
)
"""Where the motorway can be joined: name and roughly where (lon, lat); the nearest crossing road is taken."""

ROUNDABOUTS = ("Süderbrarup", "Schafflund", "Husby", "Kropp", "Böklund", "Gelting", "Karby")
"""Places whose central junction is a roundabout."""
