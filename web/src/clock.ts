/** The service's clock: asked now and then, and run on at its speed in between. */

import { get, type ClockNow } from "./api";
import { byId } from "./dom";

const RESYNC_MS = 10_000;

export class ServiceClock {
  private at = Date.now();
  private asked = performance.now();
  private speed = 1;
  private zone = "Europe/Berlin";
  private injected = false;

  /** Ask the server for the time, and go on asking. */
  async start(): Promise<void> {
    await this.sync();
    window.setInterval(() => {
      if (!document.hidden) this.sync().catch(() => undefined);
    }, RESYNC_MS);
    window.setInterval(() => this.show(), 250);
    this.show();
  }

  /** The service's time in milliseconds since 1970. */
  now(): number {
    return this.at + (performance.now() - this.asked) * this.speed;
  }

  /** Real milliseconds until a time of the service; `Infinity` when its clock stands still. */
  realMsUntil(iso: string): number {
    const left = Date.parse(iso) - this.now();
    return this.speed > 0 ? left / this.speed : Infinity;
  }

  /** Local date and time of the service as `2026-11-25` and `08:05`. */
  local(ms: number): { date: string; time: string } {
    const parts = new Intl.DateTimeFormat("sv-SE", {
      timeZone: this.zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
    }).format(new Date(ms));
    return { date: parts.slice(0, 10), time: parts.slice(11, 16) };
  }

  private async sync(): Promise<void> {
    const answer = await get<ClockNow>("/clock");
    this.at = Date.parse(answer.now);
    this.asked = performance.now();
    this.speed = answer.injected ? (answer.speed ?? 0) : 1;
    this.injected = answer.injected;
    this.zone = answer.timezone;
  }

  private show(): void {
    const now = new Date(this.now());
    const time = byId<HTMLTimeElement>("clock-time");
    const text = new Intl.DateTimeFormat("de-DE", { timeZone: this.zone, hour: "2-digit", minute: "2-digit" }).format(now);
    if (time.textContent !== text) {
      time.textContent = text;
      time.dateTime = now.toISOString();
      byId("clock-day").textContent = new Intl.DateTimeFormat("de-DE", {
        timeZone: this.zone, weekday: "long", day: "numeric", month: "long",
      }).format(now);
    }
    byId("clock-speed").textContent = this.injected ? this.pace() : "";
  }

  private pace(): string {
    if (this.speed === 0) return "Uhr steht";
    return this.speed === 1 ? "" : `Zeitraffer ${String(this.speed).replace(".", ",")}-fach`;
  }
}

/** `08:05` of a time with the service's offset. */
export function hourMinute(iso: string): string {
  return iso.slice(11, 16);
}

/** `Mi., 25.11.` of a time or date. */
export function dayOf(iso: string): string {
  const [year = 0, month = 1, day = 1] = iso.slice(0, 10).split("-").map(Number);
  return new Intl.DateTimeFormat("de-DE", { timeZone: "UTC", weekday: "short", day: "2-digit", month: "2-digit" }).format(
    Date.UTC(year, month - 1, day),
  );
}
