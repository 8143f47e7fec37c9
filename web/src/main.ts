/** The live page: who is here decides what is shown; the parts are put together once and then run by themselves. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import { ApiError, get, post, type Booking, type Session } from "./api";
import { BookingForm } from "./booking";
import { ServiceClock } from "./clock";
import { byId, h, show } from "./dom";
import type { VanMap } from "./map";
import { StopListPanel } from "./stoplist";
import { Timeline } from "./timeline";
import { Fleet } from "./vans";

const BOOKERS = ["rider", "operator", "control", "admin", "machine"];
const VAN_READERS = ["operator", "control", "admin", "machine", "driver"];
const PLAN_READERS = ["operator", "control", "planner", "admin", "machine"];
const PROMISES_MS = 10_000;

async function main(): Promise<void> {
  const clock = new ServiceClock();
  await clock.start();
  let session: Session;
  try {
    session = await get<Session>("/session");
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
    return askForKey();
  }
  await open(session, clock);
}

function askForKey(): void {
  show(byId("loading"), false);
  show(byId("sign-in"), true);
  byId("token").focus();
  byId("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void signIn();
  });
}

async function signIn(): Promise<void> {
  const token = byId<HTMLInputElement>("token").value.trim();
  if (token === "") {
    byId("sign-in-error").textContent = "Bitte den Schlüssel eingeben.";
    byId("token").focus();
    return;
  }
  try {
    await post<Session>("/session", { token });
    window.location.reload();
  } catch (error) {
    byId("sign-in-error").textContent = (error as Error).message;
    byId("token").focus();
  }
}

async function open(session: Session, clock: ServiceClock): Promise<void> {
  const may = (roles: string[]): boolean => roles.includes(session.role);
  show(byId("loading"), false);
  show(byId("live"), true);
  show(byId("booking"), may(BOOKERS));
  show(byId("stop-list"), may(VAN_READERS));
  show(byId("timeline-panel"), may(PLAN_READERS) && may(VAN_READERS));
  const page = new Page(clock);
  if (may(BOOKERS)) page.addBooking();
  const map = page.addMap();
  if (may(VAN_READERS)) await page.addVans(may(PLAN_READERS));
  await map;
}

/** The parts of the page and what they tell each other. */
class Page {
  private readonly fleet = new Fleet();
  private stopList: StopListPanel | null = null;
  private timeline: Timeline | null = null;
  private booking: BookingForm | null = null;
  private map: VanMap | null = null;
  private selected = "";

  constructor(private readonly clock: ServiceClock) {}

  addBooking(): void {
    this.booking = new BookingForm(this.clock, (booking) => void this.showBooked(booking));
  }

  async addVans(withPlan: boolean): Promise<void> {
    await this.fleet.start();
    this.stopList = new StopListPanel(
      (id) => this.fleet.find(id),
      (stops, today) => void this.map?.showRoute(this.selected, stops, today).catch(() => undefined),
    );
    this.fillChoice();
    if (withPlan) {
      this.timeline = new Timeline(this.fleet, this.clock, (id) => void this.select(id));
      await this.timeline.start();
      this.watchPromises();
    }
    const busiest = this.fleet.vehicles.toSorted((a, b) => b.aboard - a.aboard)[0];
    if (busiest !== undefined) await this.select(busiest.id);
  }

  async addMap(): Promise<void> {
    try {
      const { VanMap } = await import("./map");
      this.map = await VanMap.open(this.fleet, () => this.clock.now(), (id) => void this.select(id));
    } catch {
      show(byId("map"), false);
      show(byId("map-missing"), true);
      return;
    }
    const map = this.map;
    this.booking?.useMap((what, picked) => map.pick(what, picked));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") map.endPick();
    });
    this.stopList?.announce();
  }

  private async select(id: string, date: string | null = null): Promise<void> {
    this.selected = id;
    byId<HTMLSelectElement>("van").value = id;
    this.timeline?.mark(id);
    this.map?.mark(id);
    this.map?.reveal(id);
    await this.stopList?.select(id, date);
  }

  private async showBooked(booking: Booking): Promise<void> {
    this.stopList?.markOwn(booking.legs.map((leg) => leg.id));
    const leg = booking.legs.find((one) => one.vehicle_id !== null);
    if (leg?.vehicle_id === null || leg === undefined || this.stopList === null) return;
    const day = leg.promise.pickup_from.slice(0, 10);
    const today = this.clock.local(this.clock.now()).date;
    await this.select(leg.vehicle_id, day === today ? null : day);
    document.querySelector(".stop.is-mine")?.scrollIntoView({ block: "nearest" });
  }

  private fillChoice(): void {
    const choice = byId<HTMLSelectElement>("van");
    choice.replaceChildren(...this.fleet.vehicles.map((one) => h("option", { value: one.id }, one.name)));
    choice.addEventListener("change", () => void this.select(choice.value));
  }

  /** Show how many promises were given and how many broken. */
  private watchPromises(): void {
    const ask = async (): Promise<void> => {
      if (document.hidden) return;
      const { counts } = await get<{ counts: Record<string, number> }>("/ledger?limit=1");
      for (const name of ["made", "broken"]) byId(`figure-${name}`).textContent = String(counts[name] ?? 0);
      for (const name of ["promises", "broken"]) show(byId(`figure-${name}-box`), true);
    };
    ask().catch(() => undefined);
    window.setInterval(() => void ask().catch(() => undefined), PROMISES_MS);
  }
}

main().catch((error: unknown) => {
  show(byId("loading"), false);
  byId("notice").textContent = error instanceof Error ? error.message : "Die Seite konnte nicht geladen werden.";
  show(byId("notice"), true);
});
