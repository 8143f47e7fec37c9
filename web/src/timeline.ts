/** The day of every van: shift, driving, riders aboard, breaks and the present; as a drawing and as a table. */

import { follow, get, type ListedStop, type Plan, type Tour, type Vehicle } from "./api";
import { hourMinute, type ServiceClock } from "./clock";
import { byId, h, icon, s, show } from "./dom";
import type { Fleet } from "./vans";
import { stateText } from "./vans";
import { VAN_WORDS, headcount, many, stopName } from "./words";

const WIDTH = 1000;
const HEIGHT = 32;
const BASE = 24;
const HOUR_MS = 3_600_000;
const REFRESH_MS = 60_000;
const GATHER_MS = 2_500;

interface Row {
  button: HTMLButtonElement;
  stateIcon: HTMLElement;
  stateText: HTMLElement;
  now: SVGElement;
}

export class Timeline {
  private plan: Plan | null = null;
  private rows = new Map<string, Row>();
  private from = 0;
  private span = 1;
  private selected = "";
  private waiting = 0;

  constructor(
    private readonly fleet: Fleet,
    private readonly clock: ServiceClock,
    private readonly select: (id: string) => void,
  ) {
    byId("as-table").addEventListener("click", () => this.toggle());
  }

  /** Fetch the plan, and again whenever a stop list has changed. */
  async start(): Promise<void> {
    await this.refresh();
    follow("/events", "stop-list", () => this.refreshSoon());
    window.setInterval(() => this.refreshSoon(), REFRESH_MS);
    window.setInterval(() => this.drawNow(), 1000);
    this.fleet.onNews(() => this.drawStates());
  }

  /** Mark the van whose list is shown. */
  mark(id: string): void {
    this.selected = id;
    for (const [vehicleId, row] of this.rows) {
      row.button.setAttribute("aria-pressed", String(vehicleId === id));
      row.button.parentElement?.classList.toggle("is-selected", vehicleId === id);
    }
  }

  private refreshSoon(): void {
    if (this.waiting !== 0 || document.hidden) return;
    this.waiting = window.setTimeout(() => {
      this.waiting = 0;
      this.refresh().catch(() => undefined);
    }, GATHER_MS);
  }

  private async refresh(): Promise<void> {
    this.plan = await get<Plan>("/plan");
    this.draw(this.plan);
  }

  private toggle(): void {
    const button = byId("as-table");
    const table = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(table));
    button.textContent = table ? "Als Zeitplan" : "Als Tabelle";
    show(byId("timeline"), !table);
    show(byId("legend"), !table);
    show(byId("timeline-table"), table);
    this.drawTable();
  }

  private draw(plan: Plan): void {
    const starts = plan.tours.map((tour) => Date.parse(tour.start_at));
    const ends = plan.tours.map((tour) => Date.parse(tour.end_by));
    if (starts.length === 0) {
      byId("timeline").replaceChildren(h("p", { class: "empty" }, "Heute ist kein Fahrzeug im Dienst."));
      return;
    }
    this.from = Math.floor(Math.min(...starts) / HOUR_MS) * HOUR_MS;
    this.span = Math.ceil(Math.max(...ends) / HOUR_MS) * HOUR_MS - this.from;
    this.rows = new Map();
    const focused = document.activeElement?.id ?? "";
    const scrolled = byId("timeline").scrollTop;
    byId("timeline").replaceChildren(this.axis(), ...this.fleet.vehicles.map((vehicle) => this.row(vehicle, plan)));
    byId("timeline").scrollTop = scrolled;
    if (focused.startsWith("row-")) document.getElementById(focused)?.focus();
    this.mark(this.selected);
    this.drawStates();
    this.drawNow();
    this.drawTable();
  }

  private axis(): HTMLElement {
    const hours = Math.round(this.span / HOUR_MS);
    const labels: HTMLElement[] = [];
    const step = hours > 12 ? 2 : 1;
    for (let hour = step; hour < hours; hour += step) {
      const label = h("span", {}, this.clock.local(this.from + hour * HOUR_MS).time);
      label.style.left = `${(hour / hours) * 100}%`;
      labels.push(label);
    }
    return h("div", { class: "row axis", "aria-hidden": "true" }, h("div", { class: "row-head" }), h("div", { class: "hours" }, ...labels));
  }

  private row(vehicle: Vehicle, plan: Plan): HTMLElement {
    const tours = plan.tours.filter((tour) => tour.vehicle_id === vehicle.id);
    const now = s("line", { class: "t-now", y1: 0, y2: HEIGHT, "vector-effect": "non-scaling-stroke" });
    const stateIcon = h("span", { class: "state-icon" });
    const state = h("span", { class: "state" });
    const button = h("button", { type: "button", class: "row-head", id: `row-${vehicle.id}`, "aria-pressed": "false" },
      stateIcon, h("span", { class: "row-name" }, vehicle.name), state);
    button.addEventListener("click", () => this.select(vehicle.id));
    this.rows.set(vehicle.id, { button, stateIcon, stateText: state, now });
    const track = s("svg", { class: "track", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": describe(tours) },
      ...this.grid(), ...tours.flatMap((tour) => this.tour(tour, vehicle)), now);
    track.addEventListener("click", () => this.select(vehicle.id));
    return h("div", { class: "row" }, button, track);
  }

  private grid(): SVGElement[] {
    const hours = Math.round(this.span / HOUR_MS);
    return Array.from({ length: hours - 1 }, (_, hour) => {
      const x = ((hour + 1) / hours) * WIDTH;
      return s("line", { class: "t-hour", x1: x, x2: x, y1: 0, y2: HEIGHT, "vector-effect": "non-scaling-stroke" });
    });
  }

  private tour(tour: Tour, vehicle: Vehicle): SVGElement[] {
    const shift = s("rect", { class: "t-shift", ...this.box(tour.start_at, tour.end_by), y: 3, height: HEIGHT - 6, rx: 2 });
    const shapes = [shift];
    let aboard = 0;
    for (const [index, stop] of tour.stops.entries()) {
      aboard = Math.max(aboard + change(stop), 0);
      for (const call of stop.calls.filter((one) => one.kind === "break")) {
        const box = this.box(call.begin_at ?? stop.arrive_at, call.end_at ?? stop.depart_at);
        shapes.push(s("rect", { class: "t-break", ...box, y: 8, height: BASE - 8 }));
      }
      if (aboard > 0) shapes.push(this.load(stop.arrive_at, stop.depart_at, aboard, vehicle.seats));
      const following = tour.stops[index + 1];
      if (following === undefined) continue;
      shapes.push(s("rect", { class: "t-drive", ...this.box(stop.depart_at, following.arrive_at), y: BASE, height: 3 }));
      if (aboard > 0) shapes.push(this.load(stop.depart_at, following.arrive_at, aboard, vehicle.seats));
    }
    return shapes;
  }

  private load(from: string, to: string, aboard: number, seats: number): SVGElement {
    const height = Math.max((Math.min(aboard / Math.max(seats, 1), 1) * (BASE - 5)), 3);
    return s("rect", { class: "t-load", ...this.box(from, to), y: BASE - height, height });
  }

  private box(from: string, to: string): { x: number; width: number } {
    const x = this.x(Date.parse(from));
    return { x, width: Math.max(this.x(Date.parse(to)) - x, 0) };
  }

  private x(ms: number): number {
    return Math.round(((ms - this.from) / this.span) * WIDTH * 100) / 100;
  }

  private drawNow(): void {
    const x = this.x(this.clock.now());
    for (const { now } of this.rows.values()) {
      now.setAttribute("x1", String(x));
      now.setAttribute("x2", String(x));
    }
  }

  private drawStates(): void {
    for (const vehicle of this.fleet.vehicles) {
      const row = this.rows.get(vehicle.id);
      if (row === undefined) continue;
      const text = stateText(vehicle);
      if (row.stateText.textContent === text) continue;
      row.stateText.textContent = text;
      row.stateIcon.className = `state-icon is-${vehicle.state}`;
      row.stateIcon.replaceChildren(icon(VAN_WORDS[vehicle.state].icon));
    }
  }

  private drawTable(): void {
    if (this.plan === null || byId("timeline-table").hidden) return;
    const heads = ["Fahrzeug", "Zustand", "Dienst", "Pause", "Einstiege", "Ausstiege", "Nächster Halt"];
    const lines = this.plan.tours.map((tour) => this.tableLine(tour));
    byId("timeline-table").replaceChildren(
      h("table", {},
        h("caption", { class: "hidden" }, "Zeitplan der Fahrzeuge heute"),
        h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
        h("tbody", {}, ...lines),
      ),
    );
  }

  private tableLine(tour: Tour): HTMLElement {
    const vehicle = this.fleet.find(tour.vehicle_id);
    const next = tour.stops.find((stop) => Date.parse(stop.arrive_at) > this.clock.now());
    const cells = [
      vehicle === undefined ? "" : stateText(vehicle),
      `${hourMinute(tour.start_at)}–${hourMinute(tour.end_by)}`,
      breaksOf(tour).join(", ") || "–",
      String(count(tour, "pickup")),
      String(count(tour, "dropoff")),
      next === undefined ? "–" : `${hourMinute(next.arrive_at)} ${stopName(next)}`,
    ];
    return h("tr", {}, h("th", { scope: "row" }, vehicle?.name ?? tour.vehicle_id), ...cells.map((cell) => h("td", {}, cell)));
  }
}

function change(stop: ListedStop): number {
  let by = 0;
  for (const call of stop.calls) {
    if (call.party === null || call.state === "no_show") continue;
    if (call.kind === "pickup") by += headcount(call.party);
    if (call.kind === "dropoff") by -= headcount(call.party);
  }
  return by;
}

function count(tour: Tour, kind: string): number {
  return tour.stops.reduce((sum, stop) => sum + stop.calls.filter((call) => call.kind === kind).length, 0);
}

function breaksOf(tour: Tour): string[] {
  return tour.stops
    .flatMap((stop) => stop.calls.filter((call) => call.kind === "break"))
    .map((call) => `${hourMinute(call.begin_at ?? "")}–${hourMinute(call.end_at ?? "")}`);
}

function describe(tours: Tour[]): string {
  if (tours.length === 0) return "Heute nicht im Dienst.";
  return tours
    .map((tour) => {
      const breaks = breaksOf(tour);
      const rest = breaks.length > 0 ? `, Pause ${breaks.join(" und ")}` : "";
      const rides = `${many(count(tour, "pickup"), "Einstieg", "Einstiege")}, ${many(count(tour, "dropoff"), "Ausstieg", "Ausstiege")}`;
      return `Dienst ${hourMinute(tour.start_at)} bis ${hourMinute(tour.end_by)}, ${rides}${rest}.`;
    })
    .join(" ");
}
