/** The map: roads and stops of the home, the vans on them, the way of the selected one. */

import { Map as LibreMap, Marker, NavigationControl, ScaleControl, setWorkerUrl, type GeoJSONSource } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Feature, FeatureCollection, Point as PointGeometry } from "geojson";
import { get, type ListedStop, type Vehicle } from "./api";
import { byId, h, icon, show } from "./dom";
import { makeStyle, type MapData } from "./mapstyle";
import { numberStops } from "./stoplist";
import type { Picked } from "./suggest";
import { countStates, stateText, type Fleet } from "./vans";
import { VAN_WORDS, many, signOf } from "./words";

const NEAR_PX = 14;
const NEXT_MS = 90 * 60_000;
const FEWEST_VISITS = 3;
const AT_STOP_M = 60;
const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const WORDS = {
  "NavigationControl.ZoomIn": "Vergrößern",
  "NavigationControl.ZoomOut": "Verkleinern",
  "Map.Title": "Karte",
  "Marker.Title": "Fahrzeug",
};

export class VanMap {
  private readonly map: LibreMap;
  private readonly dark = window.matchMedia("(prefers-color-scheme: dark)");
  private readonly markers = new Map<string, { marker: Marker; element: HTMLElement; state: string }>();
  private picking: ((picked: Picked) => void) | null = null;
  private selected = "";
  private routeTicket = 0;

  private constructor(
    private readonly data: MapData,
    private readonly fleet: Fleet,
    private readonly now: () => number,
    private readonly select: (id: string) => void,
  ) {
    setWorkerUrl(new URL(workerUrl, import.meta.url).href);
    const bounds = boundsOf(data.stops);
    this.map = new LibreMap({
      container: "map", style: makeStyle(data, this.dark.matches), bounds, fitBoundsOptions: { padding: 14 },
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxPitch: 0, minZoom: 7, maxZoom: 17,
      locale: WORDS, cooperativeGestures: false, fadeDuration: 0,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
    this.map.on("click", (event) => this.clicked(event.point.x, event.point.y, event.lngLat.lng, event.lngLat.lat));
    this.dark.addEventListener("change", () => this.map.setStyle(makeStyle(this.data, this.dark.matches)));
  }

  /** Fetch what the map is drawn from, and draw it. */
  static async open(fleet: Fleet, now: () => number, select: (id: string) => void): Promise<VanMap> {
    const hasWater = byId("map").dataset["water"] !== undefined;
    const [roads, stops, water] = await Promise.all([
      get<FeatureCollection>("/map/roads"),
      get<FeatureCollection>("/stops"),
      hasWater ? get<FeatureCollection>("/map/water").catch(() => EMPTY) : EMPTY,
    ]);
    const opened = new VanMap({ roads, stops, water, names: namesOf(stops), route: EMPTY, visits: EMPTY }, fleet, now, select);
    fleet.onNews(() => opened.drawVans());
    opened.drawVans();
    opened.animate();
    return opened;
  }

  /** Mark a van and draw its stops; its way as well, unless they are those of another day. */
  async showRoute(vehicleId: string, stops: ListedStop[], today: boolean): Promise<void> {
    this.mark(vehicleId);
    const ticket = ++this.routeTicket;
    this.put("visits", visitsOf(stops, this.now()));
    if (!today) return this.put("route", EMPTY);
    const route = await get<{ coordinates: [number, number][] }>(`/vehicles/${encodeURIComponent(vehicleId)}/route`);
    if (ticket !== this.routeTicket) return;
    this.put("route", partsOf(route.coordinates, stops, this.now()));
  }

  mark(vehicleId: string): void {
    this.selected = vehicleId;
    for (const [id, { element }] of this.markers) element.classList.toggle("is-selected", id === vehicleId);
  }

  /** Move a van into sight, unless it is. */
  reveal(vehicleId: string): void {
    const place = this.fleet.placeOf(vehicleId);
    if (place === null || this.map.getBounds().contains([place.lon, place.lat])) return;
    this.map.panTo([place.lon, place.lat], { duration: calm() ? 0 : 600 });
  }

  /** Let the next click choose a place; Escape or another call ends it. */
  pick(what: string, picked: (place: Picked) => void): void {
    this.picking = picked;
    this.map.getCanvas().classList.add("is-picking");
    byId("map-hint").textContent = `${what}: bitte auf die Karte klicken. Esc bricht ab.`;
    show(byId("map-hint"), true);
    byId("map").scrollIntoView({ block: "nearest" });
  }

  endPick(): void {
    this.picking = null;
    this.map.getCanvas().classList.remove("is-picking");
    show(byId("map-hint"), false);
  }

  private clicked(x: number, y: number, lon: number, lat: number): void {
    if (this.picking === null) return;
    const near = this.map.queryRenderedFeatures([[x - NEAR_PX, y - NEAR_PX], [x + NEAR_PX, y + NEAR_PX]], { layers: ["stops"] })[0];
    const stop = near === undefined ? undefined : this.data.stops.features.find((one) => sameStop(one, near.properties["name"], near.geometry));
    const label = `Punkt auf der Karte (${german(lat)}, ${german(lon)})`;
    const found: Picked = stop?.id === undefined
      ? { end: { lon: Math.round(lon * 1e6) / 1e6, lat: Math.round(lat * 1e6) / 1e6 }, label }
      : { end: { stop_id: String(stop.id) }, label: String(stop.properties?.["name"]) };
    const take = this.picking;
    this.endPick();
    take(found);
  }

  private put(name: "route" | "visits", content: FeatureCollection): void {
    this.data[name] = content;
    this.map.getSource<GeoJSONSource>(name)?.setData(content);
  }

  private drawVans(): void {
    for (const vehicle of this.fleet.vehicles) this.drawVan(vehicle);
    const text = `Karte mit ${many(this.data.stops.features.length, "Haltestelle", "Haltestellen")}. Jetzt: ` +
      `${countStates(this.fleet.vehicles)}. Dieselben Angaben stehen im Zeitplan und in der Halteliste.`;
    if (byId("map-text").textContent !== text) byId("map-text").textContent = text;
  }

  private drawVan(vehicle: Vehicle): void {
    const place = this.fleet.placeOf(vehicle.id);
    if (place === null) return;
    const known = this.markers.get(vehicle.id) ?? this.addVan(vehicle, [place.lon, place.lat]);
    const state = stateText(vehicle);
    if (known.state === state) return;
    known.state = state;
    known.element.className = known.element.className.replace(/\bstate-\S+/g, "").trim();
    known.element.classList.add(`state-${vehicle.state}`);
    known.element.title = `${vehicle.name}: ${state}`;
    known.element.setAttribute("aria-label", known.element.title);
    known.element.replaceChildren(icon(VAN_WORDS[vehicle.state].icon), h("span", {}, signOf(vehicle.id, vehicle.name)));
  }

  private addVan(vehicle: Vehicle, at: [number, number]): { marker: Marker; element: HTMLElement; state: string } {
    const element = h("div", { class: "van" });
    element.addEventListener("click", (event) => {
      if (this.picking !== null) return;
      event.stopPropagation();
      this.select(vehicle.id);
    });
    const marker = new Marker({ element, subpixelPositioning: true }).setLngLat(at).addTo(this.map);
    element.removeAttribute("tabindex");
    const made = { marker, element, state: "" };
    this.markers.set(vehicle.id, made);
    element.classList.toggle("is-selected", vehicle.id === this.selected);
    return made;
  }

  private animate(): void {
    const step = (): void => {
      for (const [id, { marker }] of this.markers) {
        const place = this.fleet.placeOf(id);
        const at = marker.getLngLat();
        if (place !== null && (at.lng !== place.lon || at.lat !== place.lat)) marker.setLngLat([place.lon, place.lat]);
      }
      window.requestAnimationFrame(step);
    };
    window.requestAnimationFrame(step);
  }
}

function calm(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function german(degrees: number): string {
  return degrees.toFixed(4).replace(".", ",");
}

function collection(features: Feature[]): FeatureCollection {
  return { type: "FeatureCollection", features };
}

function pointOf(feature: Feature): [number, number] {
  const [lon = 0, lat = 0] = (feature.geometry as PointGeometry).coordinates;
  return [lon, lat];
}

function sameStop(stop: Feature, name: unknown, drawn: GeoJSON.Geometry): boolean {
  const [lon, lat] = pointOf(stop);
  const [drawnLon = 0, drawnLat = 0] = (drawn as PointGeometry).coordinates;
  return stop.properties?.["name"] === name && Math.abs(lon - drawnLon) < 0.002 && Math.abs(lat - drawnLat) < 0.002;
}

function boundsOf(stops: FeatureCollection): [number, number, number, number] {
  const lons = stops.features.map((stop) => pointOf(stop)[0]);
  const lats = stops.features.map((stop) => pointOf(stop)[1]);
  if (lons.length === 0) return [5.9, 47.3, 15.0, 55.1];
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** Places to write on the map: what stands before the comma in stops' names, where most of those stops lie. */
function namesOf(stops: FeatureCollection): FeatureCollection {
  const places = new Map<string, [number, number][]>();
  for (const stop of stops.features) {
    const [name = "", rest] = String(stop.properties?.["name"] ?? "").split(", ");
    if (rest !== undefined) places.set(name, [...(places.get(name) ?? []), pointOf(stop)]);
  }
  return collection([...places].map(([name, points]) => ({
    type: "Feature",
    properties: { name, stops: points.length },
    geometry: { type: "Point", coordinates: [middle(points.map(([lon]) => lon)), middle(points.map(([, lat]) => lat))] },
  })));
}

function middle(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Cut a van's way at its stops: what is behind is left out, the next stretch is drawn apart from what comes later. */
function partsOf(line: [number, number][], stops: ListedStop[], now: number): FeatureCollection {
  const cuts = cutsAt(line, stops);
  const ahead = stops.findIndex((stop) => stop.state !== "departed" && stop.state !== "arrived");
  if (ahead < 0 || line.length < 2) return EMPTY;
  const later = stops.findIndex((stop, index) => index > ahead && Date.parse(stop.arrive_at) > now + NEXT_MS);
  const from = cuts[Math.max(ahead - 1, 0)] ?? 0;
  const to = later < 0 ? line.length - 1 : (cuts[later - 1] ?? line.length - 1);
  return collection([...stretch(line, to, line.length - 1, "later"), ...stretch(line, from, to, "next")]);
}

function stretch(line: [number, number][], from: number, to: number, part: string): Feature[] {
  if (to <= from) return [];
  return [{ type: "Feature", properties: { part }, geometry: { type: "LineString", coordinates: line.slice(from, to + 1) } }];
}

/** Return for each stop the place in the line where the van gets to it, in order. */
function cutsAt(line: [number, number][], stops: ListedStop[]): number[] {
  let at = 0;
  return stops.map((stop) => {
    let index = at;
    while (index < line.length && metres(line[index], stop) > AT_STOP_M) index += 1;
    if (index === line.length) return at;
    while (index + 1 < line.length && metres(line[index + 1], stop) < metres(line[index], stop)) index += 1;
    at = index;
    return at;
  });
}

function metres(point: [number, number] | undefined, stop: ListedStop): number {
  if (point === undefined) return Infinity;
  const x = (point[0] - stop.lon) * Math.cos((stop.lat * Math.PI) / 180);
  return Math.hypot(x, point[1] - stop.lat) * 111_195;
}

/** Stops that come next, by place, with their numbers on the list. */
function visitsOf(stops: ListedStop[], now: number): FeatureCollection {
  const numbers = numberStops(stops);
  const places = new Map<string, { at: [number, number]; labels: number[] }>();
  for (const stop of stops) {
    const number = numbers.get(stop.id);
    const soon = Date.parse(stop.arrive_at) <= now + NEXT_MS || places.size < FEWEST_VISITS;
    if (number === undefined || stop.state === "departed" || !soon) continue;
    const place = places.get(stop.stop_id) ?? { at: [stop.lon, stop.lat] as [number, number], labels: [] };
    place.labels.push(number);
    places.set(stop.stop_id, place);
  }
  return collection([...places.values()].toReversed().map(({ at, labels }) => ({
    type: "Feature",
    properties: { label: labels.length > 1 ? `${labels[0]}+` : String(labels[0]) },
    geometry: { type: "Point", coordinates: at },
  })));
}
