import type { Alarm } from "../contract.ts";

/** So often in a row an alarm must have given way to one with another number before its number is left out. */
const enough = 3;

/** So many names are remembered; the one that was used longest ago goes first. */
const mostNames = 256;

/**
 * Ids that hold a measured value would begin a new alarm with every step. Those that give way to each other again
 * and again, alike but for their digits, are one alarm from then on: its id has `#` in place of each number.
 */
export class AlarmNames {
  #before: ReadonlySet<string> = new Set();
  /** By id without its numbers: how often in a row it gave way to one like it. */
  readonly #gaveWay = new Map<string, number>();

  /** Alarms of one step, with ids that stay. */
  steady(alarms: readonly Alarm[]): readonly Alarm[] {
    if (alarms.length === 0 && this.#before.size === 0) return alarms;
    const ids = new Set(alarms.map(({ id }) => id));
    const ended = this.#alike([...this.#before].filter((id) => !ids.has(id)));
    const begun = this.#alike([...ids].filter((id) => !this.#before.has(id)));
    for (const name of new Set([...ended.keys(), ...begun.keys()])) {
      const count = this.#gaveWay.get(name) ?? 0;
      if (count >= enough) continue;
      // One of several that ends as another begins is no change of name.
      const changed = ended.get(name) === 1 && begun.get(name) === 1;
      this.#gaveWay.delete(name);
      if (changed) this.#gaveWay.set(name, count + 1);
    }
    this.#before = ids;
    this.#forget();
    if (this.#gaveWay.size === 0) return alarms;
    return alarms.map((alarm) => {
      const name = bare(alarm.id);
      return (this.#gaveWay.get(name) ?? 0) >= enough ? { ...alarm, id: name } : alarm;
    });
  }

  /** Names of those that stand are asked for all the time. */
  #forget(): void {
    if (this.#gaveWay.size <= mostNames) return;
    const used = new Set([...this.#before].map(bare));
    for (const name of this.#gaveWay.keys()) {
      if (this.#gaveWay.size <= mostNames) return;
      if (!used.has(name)) this.#gaveWay.delete(name);
    }
  }

  /** How many names are remembered. */
  get size(): number {
    return this.#gaveWay.size;
  }

  #alike(ids: readonly string[]): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const id of ids) {
      const name = bare(id);
      if (name !== id) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }
}

const bare = (id: string): string => id.replaceAll(/[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi, "#");
