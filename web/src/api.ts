/** The server's doors, and its answers as types. */

export interface Session {
  role: string;
  vehicle_id: string | null;
  demo: boolean;
  service: string;
}

export interface Party {
  adults: number;
  children: number;
  wheelchairs: number;
  walkers: number;
  prams: number;
  companions: number;
}

export interface ClockNow {
  now: string;
  timezone: string;
  injected: boolean;
  speed: number | null;
}

export interface Point {
  lon: number;
  lat: number;
}

export type VanState = "off" | "waiting" | "driving" | "at-stop" | "silent" | "out-of-service";

export interface Vehicle {
  id: string;
  name: string;
  seats: number;
  wheelchair_places: number;
  depot: Point;
  position: Point | null;
  state: VanState;
  stop_list_version: number;
  acknowledged_version: number;
  aboard: number;
}

export interface Call {
  leg_id: string | null;
  kind: "pickup" | "dropoff" | "break" | "depot";
  begin_at: string | null;
  end_at: string | null;
  name: string | null;
  party: Party | null;
  state: string | null;
  note: string | null;
}

export interface ListedStop extends Point {
  id: string;
  stop_id: string;
  name: string;
  arrive_at: string;
  depart_at: string;
  state: "planned" | "frozen" | "arrived" | "departed";
  calls: Call[];
}

export interface StopList {
  vehicle_id: string;
  version: number;
  stops: ListedStop[];
}

export interface Tour {
  shift_id: string;
  vehicle_id: string;
  start_at: string;
  end_by: string;
  stops: ListedStop[];
}

export interface Plan {
  service_day: string;
  version: number;
  tours: Tour[];
  length_m: number;
}

export interface Place extends Point {
  stop_id: string;
  name: string;
}

export interface StopPoint extends Place {
  walk_m: number;
}

export interface Promised {
  pickup_from: string;
  pickup_to: string;
  dropoff_by: string;
}

export interface Leg {
  direction: "outward" | "return";
  pickup: StopPoint;
  dropoff: StopPoint;
  promise: Promised;
  direct_s: number;
}

export interface Quote {
  id: string;
  held_until: string;
  legs: Leg[];
  price_ct: number;
  alternative: boolean;
}

export interface Refusal {
  reason: string;
  detail: string;
  direction: "outward" | "return";
  binding: Record<string, unknown>;
}

export interface Offer {
  quotes: Quote[];
  refusal: Refusal | null;
}

export interface BookedLeg extends Leg {
  id: string;
  state: string;
  vehicle_id: string | null;
}

export interface Booking {
  id: string;
  code: string;
  rider: { name: string; phone: string };
  legs: BookedLeg[];
  price_ct: number;
}

export type RideEnd = Point | { stop_id: string };

export interface Wish {
  depart_after?: string;
  arrive_by?: string;
}

export interface RideRequest extends Wish {
  origin: RideEnd;
  destination: RideEnd;
  party: Party;
  return?: Wish;
}

interface Problem {
  type?: string;
  title?: string;
  detail?: string;
  errors?: { location: string; detail: string }[];
  quotes?: Quote[];
}

const BASE = "/api/v1";

const SENTENCES: Record<string, string> = {
  "invalid-time": "Diese Uhrzeit gibt es an dem Tag nicht oder zweimal. Bitte eine andere wählen.",
  "not-found": "Das gibt es nicht oder nicht mehr.",
  "offer-gone": "Dieses Angebot gilt nicht mehr. Bitte ein neues wählen.",
  "stale-plan": "Der Plan hat sich eben geändert. Bitte noch einmal versuchen.",
  "idempotency-key-running": "Die Buchung wird noch bearbeitet. Bitte einen Augenblick warten.",
  forbidden: "Dieser Schlüssel darf das nicht.",
  "not-signed-in": "Dieser Schlüssel gilt nicht. Bitte prüfen oder einen neuen geben lassen.",
  unavailable: "Der Server ist gerade nicht bereit. Bitte in einigen Sekunden noch einmal versuchen.",
  "too-large": "Die Anfrage ist zu groß.",
  internal: "Im Server ist ein Fehler aufgetreten; geändert wurde nichts. Bitte noch einmal versuchen.",
};

const FIELDS: Record<string, string> = {
  "rider.phone": "Bitte eine Telefonnummer angeben, zum Beispiel 04621 123456.",
  "rider.name": "Bitte einen Namen angeben.",
  "return.depart_after": "Die Rückfahrt muss nach der Hinfahrt liegen.",
  "return.arrive_by": "Die Rückfahrt muss nach der Hinfahrt liegen.",
  depart_after: "Bitte Tag und Uhrzeit prüfen.",
  arrive_by: "Bitte Tag und Uhrzeit prüfen.",
  party: "Es muss mindestens eine Person mitfahren.",
};

/** An answer that is not a success, as a sentence for people. */
export class ApiError extends Error {
  readonly code: string;
  readonly quotes: Quote[];

  constructor(
    readonly status: number,
    problem: Problem,
  ) {
    const code = (problem.type ?? "").split("/").pop() ?? "";
    super(sentence(code, problem));
    this.code = code;
    this.quotes = problem.quotes ?? [];
  }
}

function sentence(code: string, problem: Problem): string {
  const fields = (problem.errors ?? []).map((error) => FIELDS[error.location]).filter((text) => text !== undefined);
  if (fields.length > 0) return [...new Set(fields)].join(" ");
  const known = SENTENCES[code];
  if (known !== undefined) return known;
  return [problem.title, problem.detail].filter(Boolean).join(": ") || "Das hat nicht geklappt. Bitte noch einmal versuchen.";
}

/** Fetch what a door shows. */
export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, signal === undefined ? {} : { signal });
}

/** Send to a door. */
export function post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
  return ask<T>(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  });
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  const headers = { Accept: "application/json", "Accept-Language": "de", ...(init.headers as Record<string, string>) };
  let answer: Response;
  try {
    answer = await fetch(BASE + path, { credentials: "same-origin", ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, { title: "Der Server ist nicht erreichbar. Bitte die Verbindung prüfen" });
  }
  if (!answer.ok) throw new ApiError(answer.status, (await answer.json().catch(() => ({}))) as Problem);
  return (await answer.json()) as T;
}

/** Open an event stream; the browser resumes it by itself. */
export function follow(path: string, kind: string, heard: (data: Record<string, unknown>) => void): EventSource {
  const source = new EventSource(BASE + path);
  source.addEventListener(kind, (event) => heard(JSON.parse((event as MessageEvent<string>).data) as Record<string, unknown>));
  return source;
}
