/** Plain words for what the server says in codes. */

import type { Call, ListedStop, Party, Promised, Refusal, VanState } from "./api";
import { dayOf, hourMinute } from "./clock";

export const VAN_WORDS: Record<VanState, { text: string; icon: string }> = {
  off: { text: "nicht im Dienst", icon: "off" },
  waiting: { text: "wartet", icon: "wait" },
  driving: { text: "fährt", icon: "drive" },
  "at-stop": { text: "am Halt", icon: "stop" },
  silent: { text: "meldet sich nicht", icon: "silent" },
  "out-of-service": { text: "ausgefallen", icon: "out" },
};

export const STOP_WORDS = {
  planned: { text: "geplant", icon: "off" },
  frozen: { text: "fest", icon: "lock" },
  arrived: { text: "angekommen", icon: "stop" },
  departed: { text: "erledigt", icon: "done" },
} as const;

export const CALL_WORDS = {
  pickup: { text: "Einstieg", icon: "in" },
  dropoff: { text: "Ausstieg", icon: "out-arrow" },
  break: { text: "Pause", icon: "pause" },
  depot: { text: "Betriebshof", icon: "depot" },
} as const;

const LEG_WORDS: Record<string, string> = {
  aboard: "an Bord",
  completed: "ausgestiegen",
  cancelled: "abgesagt",
  no_show: "nicht erschienen",
  broken: "Zusage gebrochen",
};

const REASONS: Record<string, string> = {
  "no-vehicle": "Zu dieser Zeit kann kein Fahrzeug fahren, ohne eine Zusage an andere zu brechen.",
  "outside-hours": "Zu dieser Zeit fährt der Rufbus nicht.",
  "outside-area": "Dieser Ort liegt außerhalb des Gebiets.",
  "too-short-notice": "Das ist zu kurzfristig.",
  "too-far-ahead": "So weit im Voraus kann noch nicht gebucht werden.",
  "in-the-past": "Diese Zeit ist schon vorbei.",
  unreachable: "Zwischen diesen Orten führt kein Weg, den die Fahrzeuge nehmen dürfen.",
  "party-too-large": "So viele Personen passen in kein Fahrzeug. Bitte auf mehrere Buchungen verteilen.",
  "no-wheelchair-place": "Zu dieser Zeit ist kein Rollstuhlplatz frei.",
  "no-stop-near": "In der Nähe liegt keine Haltestelle. Bitte einen Ort näher an einer Haltestelle wählen.",
  "same-stop": "Start und Ziel haben dieselbe Haltestelle und liegen nah genug zum Laufen.",
  "line-bus": "Zu dieser Zeit fährt ein Linienbus.",
};

/** Why a wish cannot be met, with the figure that binds. */
export function refusalText(refusal: Refusal): string {
  const base = REASONS[refusal.reason] ?? refusal.detail;
  const where = refusal.direction === "return" ? "Rückfahrt: " : "";
  return `${where}${base}${bound(refusal.binding)}`;
}

function bound(binding: Record<string, unknown>): string {
  const { earliest_at, opens_at, hours } = binding;
  const parts: string[] = [];
  if (typeof earliest_at === "string") parts.push(`Frühestens geht es ${moment(earliest_at)}.`);
  if (Array.isArray(hours) && hours.length > 0) parts.push(`Betriebszeit: ${hours.join(", ").replaceAll("-", "–")} Uhr.`);
  if (typeof opens_at === "string") parts.push(`Wieder möglich ab ${moment(opens_at)}.`);
  return parts.length > 0 ? ` ${parts.join(" ")}` : "";
}

function moment(iso: string): string {
  return `${dayOf(iso)} um ${hourMinute(iso)} Uhr`;
}

/** A promise as it is told. */
export function promiseText(promise: Promised): string {
  const window = `${hourMinute(promise.pickup_from)}–${hourMinute(promise.pickup_to)}`;
  return `Abholung ${window}, Ankunft spätestens ${hourMinute(promise.dropoff_by)}`;
}

/** `2 Personen, Rollstuhl, Rollator`. */
export function partyText(party: Party): string {
  const people = party.adults + party.children + party.companions + party.wheelchairs;
  const parts = [people === 1 ? "1 Person" : `${people} Personen`];
  if (party.children > 0) parts.push(many(party.children, "Kind", "Kinder"));
  if (party.wheelchairs > 0) parts.push(many(party.wheelchairs, "Rollstuhl", "Rollstühle"));
  if (party.walkers > 0) parts.push(many(party.walkers, "Rollator", "Rollatoren"));
  if (party.prams > 0) parts.push(many(party.prams, "Kinderwagen", "Kinderwagen"));
  return parts.join(", ");
}

/** What the driver has to do, with whom. */
export function callText(call: Call): string {
  if (call.kind === "break" && call.begin_at !== null && call.end_at !== null) {
    return `${hourMinute(call.begin_at)}–${hourMinute(call.end_at)}`;
  }
  const state = call.state === null ? undefined : LEG_WORDS[call.state];
  const party = call.party === null ? null : partyText(call.party);
  return [call.name, party, state ?? null, call.note].filter(Boolean).join(" · ");
}

/** The name of a stop; a van's depot is not a stop that anybody knows by name. */
export function stopName(stop: ListedStop): string {
  return stop.stop_id.startsWith("depot:") ? "Betriebshof" : stop.name;
}

/** How many people a party is. */
export function headcount(party: Party): number {
  return party.adults + party.children + party.companions + party.wheelchairs;
}

/** `3,50 €`. */
export function euro(cents: number): string {
  return new Intl.NumberFormat("de-DE", { style: "currency", currency: "EUR" }).format(cents / 100);
}

/** `1 Halt`, `3 Halte`. */
export function many(count: number, one: string, more: string): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** What is written on a van's sign: the number in its name, else the beginning of its name. */
export function signOf(id: string, name: string): string {
  return /\d+/.exec(name)?.[0] ?? /\d+/.exec(id)?.[0] ?? name.slice(0, 2);
}
