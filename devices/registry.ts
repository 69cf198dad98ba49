import type { Device } from "./device.ts";
import { BothyError } from "./errors.ts";
import { matchesGroups } from "./tag.ts";

/** Told what is known no longer and what is known now; a device that changed is in both. */
export type RegistryListener = (gone: readonly Device[], come: readonly Device[]) => void;

/** The devices known at this site. */
export class Registry {
  readonly #byId = new Map<string, Device>();
  readonly #byAlias = new Map<string, Device>();
  /** Made when somebody asks: hundreds of links may find their devices one after the other. */
  #sorted: readonly Device[] | undefined = [];
  /** Devices of each tag, in the order of `all()`; made when somebody asks. */
  #byTag: ReadonlyMap<string, readonly Device[]> | undefined;
  readonly #listeners = new Set<RegistryListener>();
  #version = 0;

  /** Calls `listener` after every change, until the returned function is called. */
  onChange(listener: RegistryListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Grows with every change, so that whoever keeps something made from the devices knows when to make it anew. */
  get version(): number {
    return this.#version;
  }

  /**
   * Makes devices known: all of them or none.
   * @throws BothyError `BAD_CONFIG` when an id or alias is taken
   */
  add(devices: readonly Device[]): void {
    this.replace([], devices);
  }

  /**
   * Forgets some devices and makes others known, in one step; nothing changes when that cannot be.
   * @throws BothyError `BAD_CONFIG` when an id or alias is taken by a device that stays; `clashesOf` tells of all that are
   */
  replace(old: readonly Device[], devices: readonly Device[]): void {
    const before = new Set(old);
    const other = (found: Device | undefined): Device | undefined =>
      found === undefined || before.has(found) ? undefined : found;
    const ids = new Set<string>();
    const aliases = new Set<string>();
    const clashes: BothyError[] = [];
    for (const device of devices) {
      const taken = other(this.#byId.get(device.id));
      if (taken !== undefined || ids.has(device.id)) {
        clashes.push(duplicate(device, `id ${device.id}`, taken));
        continue;
      }
      ids.add(device.id);
      if (device.alias === undefined) continue;
      const namesake = other(this.#byAlias.get(device.alias));
      if (namesake !== undefined || aliases.has(device.alias))
        clashes.push(duplicate(device, `alias ${device.alias}`, namesake));
      aliases.add(device.alias);
    }
    const [first] = clashes;
    if (first !== undefined)
      throw new BothyError(first.code, first.params, { cause: new AggregateError(clashes) });
    for (const device of old) this.#forget(device);
    for (const device of devices) {
      this.#byId.set(device.id, device);
      if (device.alias !== undefined) this.#byAlias.set(device.alias, device);
    }
    this.#version++;
    this.#sorted = undefined;
    this.#byTag = undefined;
    const now = new Set(devices);
    const gone = old.filter((device) => !now.has(device));
    const come = devices.filter((device) => !before.has(device));
    for (const listener of [...this.#listeners]) listener(gone, come);
  }

  /** Forgets every device of a link. */
  remove(link: string): void {
    this.replace(
      this.all().filter((device) => device.link === link),
      [],
    );
  }

  #forget(device: Device): void {
    this.#byId.delete(device.id);
    if (device.alias !== undefined) this.#byAlias.delete(device.alias);
  }

  /** A device by its id or alias; an id goes before an alias of the same text (Synse v3 §3.5). */
  get(idOrAlias: string): Device | undefined {
    return this.#byId.get(idOrAlias) ?? this.#byAlias.get(idOrAlias);
  }

  /** Every device, by plugin, then sort index, then id. The same array until something changes. */
  all(): readonly Device[] {
    return (this.#sorted ??= [...this.#byId.values()].sort(inListingOrder));
  }

  /**
   * The devices that have every tag of at least one group, in the order of `all()`. No groups: every device.
   * Tags are compared as they stand, with their namespace.
   */
  select(groups: readonly (readonly string[])[]): readonly Device[] {
    if (groups.length === 0) return this.all();
    const [first] = groups;
    if (groups.length === 1 && first !== undefined) return this.#group(first);
    const wanted = new Set(groups.flatMap((group) => this.#group(group)));
    return this.all().filter((device) => wanted.has(device));
  }

  #group(group: readonly string[]): readonly Device[] {
    const byTag = (this.#byTag ??= devicesByTag(this.all()));
    let rarest = this.all();
    for (const tag of group) {
      const having = byTag.get(tag) ?? [];
      if (having.length < rarest.length) rarest = having;
    }
    return rarest.filter((device) => matchesGroups(device.tags, [group]));
  }
}

function devicesByTag(devices: readonly Device[]): ReadonlyMap<string, readonly Device[]> {
  const byTag = new Map<string, Device[]>();
  for (const device of devices) {
    for (const tag of new Set(device.tags)) {
      const having = byTag.get(tag);
      if (having === undefined) byTag.set(tag, [device]);
      else having.push(device);
    }
  }
  return byTag;
}

/** What a failed `replace` was told of: one error per device whose id or alias is taken, in their order. */
export const clashesOf = (thrown: BothyError): readonly BothyError[] =>
  thrown.cause instanceof AggregateError
    ? thrown.cause.errors.filter((one): one is BothyError => one instanceof BothyError)
    : [thrown];

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const inListingOrder = (a: Device, b: Device): number =>
  compare(a.plugin, b.plugin) || a.sortIndex - b.sortIndex || compare(a.id, b.id);

/** How people know a device: its alias, or its id. */
export const nameOf = (device: Device): string => device.alias ?? device.id;

function duplicate(device: Device, what: string, taken: Device | undefined): BothyError {
  const other = taken === undefined ? "" : `, by ${nameOf(taken)} on ${taken.link}`;
  return new BothyError("BAD_CONFIG", {
    source: `${device.info} on ${device.link}`,
    fault: `the ${what} is taken${other}`,
    device: device.id,
    ...(taken === undefined ? {} : { by: taken.link }),
  });
}
