/** A field that suggests stops while one types: an ARIA combobox with a listbox, all by keyboard. */

import { get, type Place, type RideEnd } from "./api";
import { byId, h, show } from "./dom";

const WAIT_MS = 150;

export interface Picked {
  end: RideEnd;
  label: string;
}

export class PlaceField {
  private readonly input: HTMLInputElement;
  private readonly list: HTMLElement;
  private places: Place[] = [];
  private active = -1;
  private chosen: Picked | null = null;
  private timer = 0;
  private asking: AbortController | null = null;

  constructor(readonly id: string) {
    this.input = byId<HTMLInputElement>(id);
    this.list = byId(`${id}-list`);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`,
    })) this.input.setAttribute(name, value);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => window.setTimeout(() => this.leave(), 150));
    this.input.addEventListener("focus", () => this.input.select());
  }

  /** What was picked; `null` while the text names nothing. */
  get value(): Picked | null {
    return this.chosen;
  }

  get text(): string {
    return this.input.value.trim();
  }

  set(picked: Picked | null): void {
    this.chosen = picked;
    this.input.value = picked?.label ?? "";
    this.mark(null);
    this.close();
  }

  focus(): void {
    this.input.focus();
  }

  /** Mark the field as wrong with the id of the sentence that says why, or as right. */
  mark(errorId: string | null): void {
    if (errorId === null) {
      this.input.removeAttribute("aria-invalid");
      this.input.removeAttribute("aria-describedby");
    } else {
      this.input.setAttribute("aria-invalid", "true");
      this.input.setAttribute("aria-describedby", errorId);
    }
  }

  /** Take the first hit for what was typed, when nothing was picked. */
  async settle(): Promise<Picked | null> {
    if (this.chosen === null && this.text !== "") {
      const { places } = await get<{ places: Place[] }>(`/places?q=${encodeURIComponent(this.text)}&limit=1`);
      const first = places[0];
      if (first !== undefined) this.set({ end: { stop_id: first.stop_id }, label: first.name });
    }
    return this.chosen;
  }

  private typed(): void {
    this.chosen = null;
    this.mark(null);
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.suggest(), WAIT_MS);
  }

  private async suggest(): Promise<void> {
    this.asking?.abort();
    if (this.text === "") return this.close();
    this.asking = new AbortController();
    try {
      const path = `/places?q=${encodeURIComponent(this.text.slice(0, 100))}&limit=8`;
      this.places = (await get<{ places: Place[] }>(path, this.asking.signal)).places;
    } catch {
      return;
    }
    if (document.activeElement === this.input) this.open();
  }

  private open(): void {
    this.active = -1;
    const lines = this.places.map((place, number) => this.line(place, number));
    this.list.replaceChildren(
      ...(lines.length > 0 ? lines : [h("li", { class: "none", role: "option", "aria-disabled": "true" }, "Kein Ort gefunden")]),
    );
    show(this.list, true);
    this.input.setAttribute("aria-expanded", "true");
    this.input.removeAttribute("aria-activedescendant");
  }

  private line(place: Place, number: number): HTMLElement {
    const line = h("li", { id: `${this.id}-option-${number}`, role: "option", "aria-selected": "false" }, place.name);
    line.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.pick(number);
    });
    return line;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) void this.suggest();
      else this.step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !this.list.hidden && this.places.length > 0) {
      event.preventDefault();
      this.pick(Math.max(this.active, 0));
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    }
  }

  private step(by: number): void {
    const count = this.places.length;
    if (count === 0) return;
    this.active = this.active < 0 && by < 0 ? count - 1 : (this.active + by + count) % count;
    for (const [number, line] of [...this.list.children].entries()) {
      line.setAttribute("aria-selected", String(number === this.active));
      if (number === this.active) line.scrollIntoView({ block: "nearest" });
    }
    this.input.setAttribute("aria-activedescendant", `${this.id}-option-${this.active}`);
  }

  private pick(number: number): void {
    const place = this.places[number];
    if (place !== undefined) this.set({ end: { stop_id: place.stop_id }, label: place.name });
  }

  private leave(): void {
    this.close();
  }

  private close(): void {
    window.clearTimeout(this.timer);
    show(this.list, false);
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
