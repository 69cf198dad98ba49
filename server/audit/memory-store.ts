import type { AuditEntry, AuditStatus, AuditStore } from "./entry.ts";

const most = 10_000;

/** The newest entries, for a site that keeps nothing on disk. */
export class MemoryStore implements AuditStore {
  readonly #entries: AuditEntry[] = [];
  next = 1;

  append(entry: AuditEntry): void {
    this.next = entry.n + 1;
    this.#entries.push(entry);
    if (this.#entries.length > most) this.#entries.splice(0, most / 10);
  }

  backwards(before: number): AsyncIterable<AuditEntry> {
    const found = this.#entries.filter(({ n }) => n < before).reverse();
    return {
      [Symbol.asyncIterator]: () => {
        const each = found.values();
        return { next: () => Promise.resolve(each.next()) };
      },
    };
  }

  status = (): AuditStatus => ({ kept: false, fault: "no folder is given", lost: 0 });
  close = (): void => undefined;
}
