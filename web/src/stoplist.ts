/** The stop list of the selected van, fetched anew whenever its event stream tells of another version. */

import { follow, get, type Call, type ListedStop, type StopList, type Vehicle } from "./api";
import { dayOf, hourMinute } from "./clock";
import { byId, h, icon } from "./dom";
import { CALL_WORDS, STOP_WORDS, callText, many, stopName } from "./words";

const MARKED_MS = 12_000;

/** Number the stops at which something happens to riders or driver; the depot has none. */
export function numberStops(stops: ListedStop[]): Map<string, number> {
  const calling = stops.filter((stop) => stop.calls.some((call) => call.kind !== "depot"));
  return new Map(calling.map((stop, index) => [stop.id, index + 1]));
}

export class StopListPanel {
  private vehicleId = "";
  private date: string | null = null;
  private shown: StopList | null = null;
  private source: EventSource | null = null;
  private readonly own = new Set<string>();
  private readonly marks = new Map<string, { text: string; until: number }>();
  private showsDone = false;
  private latest = 0;

  constructor(
    private readonly vehicleOf: (id: string) => Vehicle | undefined,
    private readonly listed: (stops: ListedStop[], today: boolean) => void,
  ) {}

  /** Mark legs as the ones that were booked on this page. */
  markOwn(legIds: string[]): void {
    for (const id of legIds) this.own.add(id);
  }

  /** Show a van's list as it is now, or that of another day. */
  async select(vehicleId: string, date: string | null = null): Promise<void> {
    if (vehicleId !== this.vehicleId || date !== this.date) {
      this.shown = null;
      this.marks.clear();
      this.showsDone = false;
    }
    this.vehicleId = vehicleId;
    this.date = date;
    this.listen();
    await this.refresh();
  }

  private listen(): void {
    this.source?.close();
    this.source = follow(`/vehicles/${encodeURIComponent(this.vehicleId)}/events`, "stop-list", () => void this.refresh());
  }

  private async refresh(): Promise<void> {
    const ticket = ++this.latest;
    const query = this.date === null ? "" : `?date=${this.date}`;
    try {
      const list = await get<StopList>(`/vehicles/${encodeURIComponent(this.vehicleId)}/stop-list${query}`);
      if (ticket === this.latest) this.take(list);
    } catch (error) {
      if (ticket === this.latest) byId("stop-list-about").textContent = (error as Error).message;
    }
  }

  private take(list: StopList): void {
    if (this.shown !== null) this.compare(this.shown, list);
    this.shown = list;
    this.draw();
    this.announce();
  }

  /** Note what is new or at another time than before, for the eye and for screen readers. */
  private compare(before: StopList, after: StopList): void {
    const until = performance.now() + MARKED_MS;
    const known = new Map(before.stops.map((stop) => [stop.id, stop]));
    let changes = 0;
    for (const stop of after.stops) {
      const text = changeText(known.get(stop.id), stop);
      if (text === null) continue;
      this.marks.set(stop.id, { text, until });
      changes += 1;
    }
    const gone = before.stops.filter((stop) => !after.stops.some((one) => one.id === stop.id)).length;
    if (changes + gone === 0) return;
    byId("stop-list-news").textContent =
      `Halteliste geändert, Fassung ${after.version}: ${many(changes, "Halt neu oder anders", "Halte neu oder anders")}` +
      (gone > 0 ? `, ${gone} entfallen.` : ".");
    window.setTimeout(() => this.draw(), MARKED_MS + 100);
  }

  /** Tell the listener again which stops are on the list. */
  announce(): void {
    if (this.shown !== null) this.listed(this.shown.stops, this.date === null);
  }

  /** Draw the list again, with what is known of the van now. */
  draw(): void {
    if (this.shown === null) return;
    const { stops, version } = this.shown;
    byId("stop-list-about").textContent = this.aboutText(version, stops);
    const done = stops.findLastIndex((stop) => stop.state === "departed") + 1;
    const hidden = this.showsDone ? 0 : Math.max(done - 1, 0);
    const numbers = numberStops(stops);
    const returns = returnsOf(stops);
    const lines = stops.slice(hidden).map((stop) => this.line(stop, numbers.get(stop.id), returns.has(stop.id)));
    const content: HTMLElement[] = [];
    if (this.date !== null) content.push(this.todayButton(this.date));
    if (done > 1) content.push(this.doneButton(done - 1));
    content.push(lines.length > 0 ? h("ol", { class: "stops" }, ...lines) : h("p", { class: "empty" }, "Noch keine Fahrten auf der Liste."));
    keepFocus(byId("stops"), content);
  }

  private aboutText(version: number, stops: ListedStop[]): string {
    const vehicle = this.vehicleOf(this.vehicleId);
    const acknowledged = vehicle?.acknowledged_version ?? 0;
    const day = this.date ?? stops[0]?.arrive_at.slice(0, 10);
    const seen = acknowledged === 0 ? "" : acknowledged >= version ? " · vom Fahrer bestätigt" : ` · bestätigt bis Fassung ${acknowledged}`;
    return `Fassung ${version}${seen}${day === undefined ? "" : ` · ${dayOf(day)}`}`;
  }

  private todayButton(date: string): HTMLElement {
    const button = h("button", { type: "button", class: "quiet", id: "show-today" }, "Zur Liste von heute");
    button.addEventListener("click", () => void this.select(this.vehicleId));
    return h("p", { class: "other-day" }, `Liste für ${dayOf(date)} `, button);
  }

  private doneButton(count: number): HTMLElement {
    const text = this.showsDone ? "Erledigte Halte ausblenden" : `${many(count, "erledigten Halt", "erledigte Halte")} zeigen`;
    const button = h("button", { type: "button", class: "quiet", id: "show-done", "aria-expanded": String(this.showsDone) }, text);
    button.addEventListener("click", () => {
      this.showsDone = !this.showsDone;
      this.draw();
    });
    return button;
  }

  private line(stop: ListedStop, number: number | undefined, returns: boolean): HTMLElement {
    const words = STOP_WORDS[stop.state];
    const mark = this.marks.get(stop.id);
    const fresh = mark !== undefined && mark.until > performance.now();
    const mine = stop.calls.some((call) => call.leg_id !== null && this.own.has(call.leg_id));
    return h(
      "li",
      { class: `stop is-${stop.state}${fresh ? " is-fresh" : ""}${mine ? " is-mine" : ""}` },
      h("div", { class: "stop-times" },
        h("time", { datetime: stop.arrive_at }, hourMinute(stop.arrive_at)),
        lasts(stop) ? h("span", { class: "until" }, `bis ${hourMinute(stop.depart_at)}`) : null,
        h("span", { class: "progress" }, icon(words.icon), words.text),
      ),
      h("div", { class: "stop-number", "aria-hidden": "true" }, number === undefined ? "" : String(number)),
      h("div", { class: "stop-what" },
        h("p", { class: "stop-name" }, stopName(stop)),
        ...stop.calls.map((call) => this.call(call, returns)),
        fresh || mine ? h("p", { class: "chips" },
          fresh && mark !== undefined ? h("span", { class: "chip chip-fresh" }, mark.text) : null,
          mine ? h("span", { class: "chip chip-mine" }, "Ihre Buchung") : null,
        ) : null,
      ),
    );
  }

  private call(call: Call, returns: boolean): HTMLElement {
    const words = CALL_WORDS[call.kind];
    const detail = call.kind === "depot" ? (returns ? "Rückkehr" : "Ausfahrt") : callText(call);
    return h("p", { class: `call is-${call.kind}` },
      icon(words.icon),
      h("span", {}, h("strong", {}, call.kind === "depot" ? detail : words.text), call.kind === "depot" || detail === "" ? null : ` ${detail}`),
    );
  }
}

/** Tell the stops at which a van comes back to its depot from those at which it leaves: they take turns. */
function returnsOf(stops: ListedStop[]): Set<string> {
  const depots = stops.filter((stop) => stop.calls.some((call) => call.kind === "depot"));
  return new Set(depots.filter((_, index) => index % 2 === 1).map((stop) => stop.id));
}

function lasts(stop: ListedStop): boolean {
  return Date.parse(stop.depart_at) - Date.parse(stop.arrive_at) >= 120_000;
}

function changeText(before: ListedStop | undefined, after: ListedStop): string | null {
  if (before === undefined) return "neu";
  const from = hourMinute(before.arrive_at);
  const to = hourMinute(after.arrive_at);
  if (from !== to) return `${from} → ${to}`;
  return before.calls.length === after.calls.length ? null : "geändert";
}

/** Replace what is shown without taking the keyboard's place away. */
function keepFocus(box: HTMLElement, content: HTMLElement[]): void {
  const focused = document.activeElement?.id ?? "";
  const inside = document.activeElement !== null && box.contains(document.activeElement);
  box.replaceChildren(...content);
  if (inside && focused !== "") document.getElementById(focused)?.focus();
}
