/** The fleet: asked about once a second while the page is seen, moved smoothly in between. */

import { get, type Point, type Vehicle } from "./api";
import { byId, show } from "./dom";
import { VAN_WORDS, many } from "./words";

const POLL_MS = 1000;

interface Motion {
  from: Point;
  to: Point;
}

export class Fleet {
  vehicles: Vehicle[] = [];
  private readonly motions = new Map<string, Motion>();
  private readonly listeners: (() => void)[] = [];
  private movedAt = 0;
  private spanMs = POLL_MS;

  /** Call `listener` whenever the fleet has been heard of. */
  onNews(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Ask once, and go on asking while the page is seen. */
  async start(): Promise<void> {
    await this.poll();
    void this.run();
  }

  find(id: string): Vehicle | undefined {
    return this.vehicles.find((vehicle) => vehicle.id === id);
  }

  /** Where a van is to be drawn at this moment. */
  placeOf(id: string): Point | null {
    const motion = this.motions.get(id);
    if (motion === undefined) return null;
    const share = Math.min((performance.now() - this.movedAt) / this.spanMs, 1);
    return {
      lon: motion.from.lon + (motion.to.lon - motion.from.lon) * share,
      lat: motion.from.lat + (motion.to.lat - motion.from.lat) * share,
    };
  }

  private async run(): Promise<void> {
    for (;;) {
      const asked = performance.now();
      if (!document.hidden) await this.poll().catch(() => undefined);
      const took = performance.now() - asked;
      await new Promise((done) => window.setTimeout(done, Math.max(POLL_MS - took, took, 100)));
    }
  }

  private async poll(): Promise<void> {
    const { vehicles } = await get<{ vehicles: Vehicle[] }>("/vehicles");
    this.move(vehicles);
    this.vehicles = vehicles;
    this.showFigures();
    for (const listener of this.listeners) listener();
  }

  private move(vehicles: Vehicle[]): void {
    const now = performance.now();
    const next = new Map<string, Motion>();
    for (const { id, position } of vehicles) {
      if (position !== null) next.set(id, { from: this.placeOf(id) ?? position, to: position });
    }
    this.motions.clear();
    for (const [id, motion] of next) this.motions.set(id, motion);
    this.spanMs = this.movedAt === 0 ? POLL_MS : Math.min(Math.max(now - this.movedAt, POLL_MS), 3 * POLL_MS);
    this.movedAt = now;
  }

  private showFigures(): void {
    const onDuty = this.vehicles.filter((vehicle) => vehicle.state !== "off" && vehicle.state !== "out-of-service");
    show(byId("figures"), true);
    byId("figure-vans").textContent = `${onDuty.length} von ${this.vehicles.length}`;
    byId("figure-aboard").textContent = String(onDuty.reduce((sum, vehicle) => sum + vehicle.aboard, 0));
  }
}

/** `fährt, 3 an Bord`. */
export function stateText(vehicle: Vehicle): string {
  const aboard = vehicle.aboard > 0 ? `, ${vehicle.aboard} an Bord` : "";
  return VAN_WORDS[vehicle.state].text + aboard;
}

/** How many vans are in which state, as a sentence part. */
export function countStates(vehicles: Vehicle[]): string {
  const counts = new Map<string, number>();
  for (const { state } of vehicles) counts.set(VAN_WORDS[state].text, (counts.get(VAN_WORDS[state].text) ?? 0) + 1);
  return [...counts].map(([text, count]) => `${text}: ${many(count, "Fahrzeug", "Fahrzeuge")}`).join(", ");
}
