/** The form that books a ride: ask, look at the offers while their seats are held, take one. */

import { ApiError, post, type Booking, type Offer, type Party, type Quote, type Refusal, type RideRequest, type StopPoint, type Wish } from "./api";
import { dayOf, hourMinute, type ServiceClock } from "./clock";
import { byId, h, icon, show } from "./dom";
import { PlaceField, type Picked } from "./suggest";
import { euro, promiseText, refusalText } from "./words";

const SPARE_MS = 30 * 60_000;
const STAY_MS = 2 * 3_600_000;
const ROUND_MS = 5 * 60_000;
const SOON_MS = 500;

type PickOnMap = (what: string, picked: (place: Picked) => void) => void;

export class BookingForm {
  private readonly from = new PlaceField("from");
  private readonly to = new PlaceField("to");
  private readonly form = byId<HTMLFormElement>("ride-form");
  private touchedTime = false;
  private holds: { quote: Quote; label: HTMLElement; button: HTMLButtonElement }[] = [];
  private pickOnMap: PickOnMap | null = null;
  private busy = false;
  private request: RideRequest | null = null;

  constructor(
    private readonly clock: ServiceClock,
    private readonly booked: (booking: Booking) => void,
  ) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.ask();
    });
    byId("swap").prepend(icon("swap"));
    byId("swap").addEventListener("click", () => this.swap());
    byId("with-return").addEventListener("change", () => this.toggleReturn());
    for (const id of ["date", "time"]) byId(id).addEventListener("input", () => { this.touchedTime = true; });
    for (const id of ["time", "return-time"]) byId(id).addEventListener("change", () => tidyTime(input(id)));
    for (const [field, what] of [[this.from, "Start"], [this.to, "Ziel"]] as const) this.addMapButton(field, what);
    this.suggestTime();
    window.setInterval(() => this.tick(), 1000);
  }

  /** Let places be chosen on the map, once there is one. */
  useMap(pick: PickOnMap): void {
    this.pickOnMap = pick;
    for (const id of ["from-map", "to-map"]) show(byId(id), true);
  }

  private addMapButton(field: PlaceField, what: string): void {
    const button = byId(`${field.id}-map`);
    button.append(icon("pin"));
    show(button, false);
    button.addEventListener("click", () => this.pickOnMap?.(what, (picked) => {
      field.set(picked);
      field.focus();
    }));
  }

  private swap(): void {
    const [from, to] = [this.from.value, this.to.value];
    this.from.set(to);
    this.to.set(from);
  }

  private tick(): void {
    if (!this.touchedTime && !this.form.contains(document.activeElement)) this.suggestTime();
    for (const { quote, label, button } of this.holds) this.showHold(quote, label, button);
  }

  /** Put in a time that can be booked: the notice that a ride needs, and half an hour to think. */
  private suggestTime(): void {
    this.fillDays();
    const notice = Number(this.form.dataset["minNoticeS"] ?? 3600) * 1000;
    const at = Math.ceil((this.clock.now() + notice + SPARE_MS) / ROUND_MS) * ROUND_MS;
    const { date, time } = this.clock.local(at);
    choice("date").value = date;
    input("time").value = time;
  }

  /** Offer the days that can be booked, by name. */
  private fillDays(): void {
    const today = this.clock.local(this.clock.now()).date;
    if (choice("date").options[0]?.value === today) return;
    const count = Number(this.form.dataset["earliestDays"] ?? 7) + 1;
    const days = Array.from({ length: count }, (_, ahead) => addDays(today, ahead));
    for (const id of ["date", "return-date"]) {
      const kept = choice(id).value;
      choice(id).replaceChildren(...days.map((day, ahead) => h("option", { value: day }, dayName(day, ahead))));
      if (days.includes(kept)) choice(id).value = kept;
    }
  }

  private toggleReturn(): void {
    const wanted = input("with-return").checked;
    show(byId("return-fields"), wanted);
    if (!wanted || input("return-time").value !== "") return;
    const base = Date.parse(`${choice("date").value}T${input("time").value}:00Z`);
    if (Number.isNaN(base)) return;
    const back = new Date(base + STAY_MS).toISOString();
    choice("return-date").value = back.slice(0, 10);
    input("return-time").value = back.slice(11, 16);
  }

  private async ask(): Promise<void> {
    if (this.busy) return;
    this.clear();
    await this.whileBusy("ask", "Suche Fahrten …", async () => {
      const request = await this.read();
      if (request === null) return;
      this.request = request;
      this.showOffer(await post<Offer>("/quotes", request));
    });
  }

  /** Read the form; say what is missing and go there. */
  private async read(): Promise<RideRequest | null> {
    const [origin, destination] = [await this.from.settle(), await this.to.settle()];
    if (origin === null) return this.miss("from", "Bitte einen Start wählen: einige Buchstaben tippen und einen Vorschlag nehmen.");
    if (destination === null) return this.miss("to", "Bitte ein Ziel wählen: einige Buchstaben tippen und einen Vorschlag nehmen.");
    const party = readParty();
    if (party.adults + party.children + party.wheelchairs < 1) return this.miss("adults", "Es muss mindestens eine Person mitfahren.");
    const outward = readWish("anchor", "date", "time");
    if (outward === null) return this.miss("time", "Bitte die Uhrzeit als Stunden und Minuten angeben, zum Beispiel 9:30.");
    if (input("name").value.trim() === "") return this.miss("name", "Bitte den Namen angeben, unter dem gebucht wird.");
    if (!/^\+?[0-9][0-9 ()/.-]{2,38}$/.test(input("phone").value.trim())) {
      return this.miss("phone", "Bitte eine Telefonnummer angeben, zum Beispiel 04621 123456.");
    }
    const request: RideRequest = { origin: origin.end, destination: destination.end, party, ...outward };
    if (!input("with-return").checked) return request;
    const back = readWish("return-anchor", "return-date", "return-time");
    return back === null ? this.miss("return-time", "Bitte die Uhrzeit der Rückfahrt angeben, zum Beispiel 11:30.") : { ...request, return: back };
  }

  private miss(id: string, sentence: string): null {
    byId("form-error").textContent = sentence;
    byId(id).setAttribute("aria-invalid", "true");
    byId(id).setAttribute("aria-describedby", "form-error");
    byId(id).focus();
    return null;
  }

  private clear(): void {
    byId("form-error").textContent = "";
    for (const wrong of this.form.querySelectorAll("[aria-invalid]")) {
      wrong.removeAttribute("aria-invalid");
      wrong.removeAttribute("aria-describedby");
    }
    this.holds = [];
    byId("offers").replaceChildren();
    show(byId("booked"), false);
  }

  private showOffer(offer: Offer, lead: string | null = null): void {
    this.holds = [];
    const box = byId("offers");
    const title = offer.quotes.length === 0 ? "Kein Angebot" : offer.refusal !== null ? "Nächste Möglichkeiten" : "Angebote";
    const parts: Node[] = [h("h3", {}, title)];
    if (lead !== null) parts.push(h("p", { class: "refusal" }, lead));
    if (offer.refusal !== null) parts.push(refusalLine(offer.refusal));
    if (offer.quotes.length > 0) parts.push(h("ol", { class: "offers" }, ...offer.quotes.map((quote) => this.card(quote))));
    box.replaceChildren(...parts);
    box.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
    this.tick();
  }

  private card(quote: Quote): HTMLElement {
    const label = h("p", { class: "hold" });
    const button = h("button", { type: "button", class: "primary take" }, "Diese Fahrt buchen");
    button.addEventListener("click", () => void this.take(quote, button));
    this.holds.push({ quote, label, button });
    return h("li", { class: `offer${quote.alternative ? " is-alternative" : ""}` },
      quote.alternative ? h("p", { class: "chips" }, h("span", { class: "chip" }, "Andere Zeit als gewünscht")) : null,
      ...quote.legs.map((leg) => legCard(leg, quote.legs.length > 1)),
      h("div", { class: "offer-foot" }, h("p", { class: "price" }, euro(quote.price_ct)), label, button),
    );
  }

  private showHold(quote: Quote, label: HTMLElement, button: HTMLButtonElement): void {
    const left = this.clock.realMsUntil(quote.held_until);
    const text = left <= 0 ? "nicht mehr reserviert" : `reserviert${left === Infinity ? "" : `: noch ${duration(left)}`}`;
    if (label.textContent !== text) label.textContent = text;
    const word = left <= 0 ? "Erneut anfragen und buchen" : "Diese Fahrt buchen";
    if (!this.busy && button.textContent !== word) button.textContent = word;
  }

  private async take(quote: Quote, button: HTMLButtonElement): Promise<void> {
    if (this.busy) return;
    byId("form-error").textContent = "";
    await this.whileBusy(button, "Buche …", async () => {
      const held = await this.held(quote);
      const booking = held === null ? null : await this.book(held, true);
      if (booking === null) return;
      this.holds = [];
      byId("offers").replaceChildren();
      this.showBooked(booking);
      this.booked(booking);
    });
  }

  /** Return the offer while its seats are held, or else a fresh one that promises exactly the same. */
  private async held(quote: Quote): Promise<Quote | null> {
    if (this.request === null || this.clock.realMsUntil(quote.held_until) > SOON_MS) return quote;
    const offer = await post<Offer>("/quotes", this.request);
    const same = offer.quotes.find((fresh) => promises(fresh) === promises(quote));
    if (same === undefined) this.showOffer(offer, "Die Reservierung war abgelaufen. Das ist jetzt möglich:");
    return same ?? null;
  }

  /** Book an offer; one that is gone is taken again when a fresh one promises exactly the same. */
  private async book(quote: Quote, again: boolean): Promise<Booking | null> {
    const rider = { name: input("name").value.trim(), phone: input("phone").value.trim() };
    try {
      return await post<Booking>("/bookings", { quote_id: quote.id, rider }, { "Idempotency-Key": crypto.randomUUID() });
    } catch (error) {
      if (!(error instanceof ApiError) || error.quotes.length === 0) throw error;
      const same = error.quotes.find((fresh) => promises(fresh) === promises(quote));
      if (again && same !== undefined) return this.book(same, false);
      this.showOffer({ quotes: error.quotes, refusal: null }, "Die Reservierung war abgelaufen. Das sind neue Angebote:");
      return null;
    }
  }

  private showBooked(booking: Booking): void {
    const another = h("button", { type: "button", class: "quiet" }, "Weitere Fahrt buchen");
    another.addEventListener("click", () => {
      show(byId("booked"), false);
      show(this.form, true);
      this.from.focus();
    });
    byId("booked").replaceChildren(
      h("h3", {}, icon("done"), "Gebucht"),
      h("p", { class: "code" }, "Buchungscode ", h("strong", { id: "booking-code" }, booking.code)),
      ...booking.legs.map((leg) => legCard(leg, booking.legs.length > 1)),
      h("p", {}, `${euro(booking.price_ct)} · für ${booking.rider.name}. Diese Zeiten sind zugesagt und gelten.`),
      another,
    );
    show(this.form, false);
    show(byId("booked"), true);
    byId("booked").focus();
    this.touchedTime = false;
  }

  private async whileBusy(who: string | HTMLButtonElement, word: string, work: () => Promise<void>): Promise<void> {
    const button = typeof who === "string" ? byId<HTMLButtonElement>(who) : who;
    const before = button.textContent;
    this.busy = true;
    button.textContent = word;
    button.setAttribute("aria-disabled", "true");
    try {
      await work();
    } catch (error) {
      byId("form-error").textContent = (error as Error).message;
    } finally {
      this.busy = false;
      button.textContent = before;
      button.removeAttribute("aria-disabled");
    }
  }
}

function input(id: string): HTMLInputElement {
  return byId<HTMLInputElement>(id);
}

function choice(id: string): HTMLSelectElement {
  return byId<HTMLSelectElement>(id);
}

function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}

function dayName(day: string, ahead: number): string {
  const name = dayOf(day);
  return ahead === 0 ? `heute, ${name.slice(-6)}` : ahead === 1 ? `morgen, ${name.slice(-6)}` : name;
}

/** Write `905`, `9.05` or `9` as `09:05` and `09:00`; what is no time stays as it is. */
function tidyTime(field: HTMLInputElement): void {
  const found = /^(\d{1,2})(?:[:.,h ]?(\d{2}))?$/.exec(field.value.trim());
  if (found === null || Number(found[1]) > 23 || Number(found[2] ?? 0) > 59) return;
  field.value = `${(found[1] ?? "").padStart(2, "0")}:${found[2] ?? "00"}`;
}

function readParty(): Party {
  const count = (id: string): number => Math.max(Math.trunc(Number(input(id).value)) || 0, 0);
  return {
    adults: count("adults"), children: count("children"), wheelchairs: count("wheelchairs"), walkers: count("walkers"),
    prams: 0, companions: 0,
  };
}

/** A wished time as local time of the service, which the server knows better than a browser elsewhere. */
function readWish(anchor: string, date: string, time: string): Wish | null {
  tidyTime(input(time));
  const [day, hour] = [choice(date).value, input(time).value];
  if (day === "" || !/^\d{2}:\d{2}$/.test(hour)) return null;
  const chosen = document.querySelector<HTMLInputElement>(`input[name="${anchor}"]:checked`);
  const at = `${day}T${hour}:00`;
  return chosen?.value === "arrive_by" ? { arrive_by: at } : { depart_after: at };
}

function refusalLine(refusal: Refusal): HTMLElement {
  return h("p", { class: "refusal" }, refusalText(refusal));
}

function legCard(leg: Quote["legs"][number], twoWays: boolean): HTMLElement {
  const { pickup_from, pickup_to, dropoff_by } = leg.promise;
  const heading = `${twoWays ? (leg.direction === "outward" ? "Hinfahrt, " : "Rückfahrt, ") : ""}${dayOf(pickup_from)}`;
  return h("div", { class: "leg", role: "group", "aria-label": promiseText(leg.promise) },
    h("p", { class: "leg-day" }, heading),
    h("p", { class: "promise" },
      h("span", {}, "Abholung ", h("strong", {}, `${hourMinute(pickup_from)}–${hourMinute(pickup_to)}`), ", "),
      h("span", {}, "Ankunft spätestens ", h("strong", {}, hourMinute(dropoff_by)))),
    h("p", { class: "way" }, "von ", h("b", {}, leg.pickup.name), walk(leg.pickup, "zur Haltestelle")),
    h("p", { class: "way" }, "nach ", h("b", {}, leg.dropoff.name), walk(leg.dropoff, "zum Ziel")),
  );
}

function walk(point: StopPoint, where: string): string {
  return point.walk_m > 0 ? `, ${point.walk_m} m Fußweg ${where}` : "";
}

function promises(quote: Quote): string {
  return JSON.stringify([quote.price_ct, quote.legs.map((leg) => [leg.pickup.stop_id, leg.dropoff.stop_id, leg.promise])]);
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;
}
