import type { Clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { By, SwapOptions, SwapReport } from "../runtime/api.ts";
import type { Host } from "../runtime/host.ts";
import type { Source } from "../runtime/source.ts";
import { defaultProbation, takenBack } from "../runtime/succession.ts";
import { idOfSource, versionIdOf } from "../trace/recorder.ts";
import type { Catalog } from "./catalog.ts";
import { asked, type Followed } from "./followed.ts";
import { probationOf, Probations } from "./probations.ts";
import type { Shadows } from "./shadows.ts";
import type { Happening, VersionId, VersionStore } from "./store.ts";

export interface TakeoversDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: VersionStore;
  readonly catalog: Catalog;
  readonly followed: Followed;
  readonly shadows: Shadows;
  /** @throws BothyError `BAD_INPUT` for what is no definition */
  readonly openHost: (source: Source) => Promise<Host>;
}

/** How a version comes in force that is not one before it. */
const cameInForce: readonly Happening[] = ["configured", "swapped", "promoted"];

/** Versions that take the place of others, because somebody asks for it or because one on probation fails. */
export class Takeovers {
  readonly #deps: TakeoversDeps;
  readonly #probations: Probations;
  /** Controllers whose version was on probation when this program began, and failed since. */
  readonly #takenBack = new Set<string>();

  constructor(deps: TakeoversDeps) {
    this.#deps = deps;
    this.#probations = new Probations(deps);
  }

  /** Of a controller whose version a program before may have put on probation. */
  resume(controller: string): void {
    this.#probations.watch(controller);
  }

  /** Tells what was taken back at the start, once all controllers run. */
  started(): void {
    const { store, followed } = this.#deps;
    for (const { name } of followed.runtime.list()) {
      const { untold } = store.inForce(name) ?? {};
      if (untold === undefined) continue;
      followed.runtime.takenBack(name, untold);
      store.amend(name, ({ untold: _told, ...rest }) => rest);
    }
  }

  /** The version before the one in force, never one that was gone back from. @throws BothyError `NOT_FOUND` when there is none */
  before(controller: string): VersionId {
    const inForce = versionIdOf(this.#deps.followed.statusOf(controller));
    const entry = this.#deps.store
      .history(controller)
      .find(
        ({ what, id, from }) =>
          id === inForce && from !== undefined && from !== inForce && cameInForce.includes(what),
      );
    if (entry?.from === undefined)
      throw new BothyError("NOT_FOUND", { source: `a version of ${controller} before the one in force` });
    return entry.from;
  }

  /**
   * Puts a version in force, with the state of the one before.
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT`, `BAD_CONFIG`: then the one before still is
   */
  async swap(
    controller: string,
    id: VersionId,
    what: "swapped" | "rolled back" | "promoted",
    options: SwapOptions,
  ): Promise<SwapReport> {
    const { store, clock, catalog, followed, shadows } = this.#deps;
    const before = versionIdOf(followed.statusOf(controller));
    const probation = options.probation ?? defaultProbation;
    const source = catalog.sourceOf(controller, id);
    const handover = await this.#handover(controller, source);
    const report = await asked(() =>
      followed.runtime.swap(controller, source, { handover, ...options, probation }),
    );
    // What is in shadow went on from the state of another.
    if (what !== "promoted" && shadows.has(controller)) await shadows.end(controller);
    const by: By = { who: options.who, why: options.why };
    // It runs all the same; after a restart it would not.
    const unkept = store.put(controller, what, {
      ...{ id, by },
      configured: store.inForce(controller)?.configured ?? before,
      ...(probation > 0 ? { probation: probationOf(probation, before, clock), starts: 0 } : {}),
    });
    this.#probations.watch(controller);
    return { ...report, ...(unkept === undefined ? {} : { unkept }) };
  }

  /**
   * A step failed. Takes back what has been on probation since a program before this one: the runtime knows of no version
   * before it. Tried once: what does not come back then would not with the next failure either.
   */
  failed(controller: string, why: string): void {
    const { store, log, followed } = this.#deps;
    const { id, probation } = store.inForce(controller) ?? {};
    if (probation === undefined || this.#takenBack.has(controller)) return;
    const status = followed.statusOf(controller);
    if (status.probation !== undefined || versionIdOf(status) !== id) return;
    this.#takenBack.add(controller);
    const by = { who: "runtime", why };
    const back = { ...by, probation: 0 };
    followed
      .alone(controller, () => this.swap(controller, probation.previous, "rolled back", back))
      .then(
        ({ from, to }) => {
          log.error({ controller, from, to }, `${controller}: back to ${to}, because of ${from}: ${why}`);
          followed.runtime.takenBack(controller, takenBack(from, to, why));
        },
        (error: unknown) => log.error({ controller, error }, "the version before cannot take over"),
      );
  }

  /** The runtime has gone back by itself. */
  rolledBack(controller: string, source: Source, why: string): void {
    const { store, followed } = this.#deps;
    const status = followed.statusOf(controller);
    const id = idOfSource(source, status.definition ?? { name: "", version: "" });
    store.put(controller, "rolled back", {
      id,
      configured: store.inForce(controller)?.configured ?? id,
      by: { who: "runtime", why },
    });
  }

  close(): void {
    this.#probations.close();
  }

  /** The state is handed over when it is the same controller's. */
  async #handover(controller: string, source: Source): Promise<"state" | "fresh"> {
    const { openHost, followed } = this.#deps;
    const host = await openHost(source);
    const { name } = host.shape;
    await host.close();
    const { definition } = followed.statusOf(controller);
    return definition === undefined || definition.name === name ? "state" : "fresh";
  }
}
