import type { Keeper, KeeperStatus, Kind } from "../../devices/keeper.ts";

/** A keeper over a map that outlasts it; holds what a disk would: JSON, and only what it was given before the end. */
export class MemoryKeeper implements Keeper {
  readonly disk: Map<string, string>;
  /** Resolves everybody who waits in `flushed`, while it is set to wait. */
  #go: (() => void)[] = [];
  waits = false;

  constructor(disk = new Map<string, string>()) {
    this.disk = disk;
  }

  load(kind: Kind): ReadonlyMap<string, unknown> {
    const own = [...this.disk].filter(([key]) => key.startsWith(`${kind}/`));
    return new Map(own.map(([key, text]) => [key.slice(kind.length + 1), JSON.parse(text) as unknown]));
  }

  put(kind: Kind, key: string, value: unknown): void {
    this.disk.set(`${kind}/${key}`, JSON.stringify(value));
  }

  drop(kind: Kind, key: string): void {
    this.disk.delete(`${kind}/${key}`);
  }

  flushed(): Promise<void> {
    return this.waits ? new Promise((resolve) => this.#go.push(resolve)) : Promise.resolve();
  }

  /** Everything has reached the disk. */
  reach(): void {
    for (const go of this.#go) go();
    this.#go = [];
  }

  status(): KeeperStatus {
    return { kept: true, folder: "memory" };
  }

  /** What the next program finds, whatever this one does from now on. */
  crash(): MemoryKeeper {
    return new MemoryKeeper(new Map(this.disk));
  }
}
