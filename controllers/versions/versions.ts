import { type Clock, hours, type Instant, type Millis, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { By, ControllerRuntime, ControllerStatus, SwapOptions, SwapReport } from "../runtime/api.ts";
import type { Host } from "../runtime/host.ts";
import type { Bundle, Source } from "../runtime/source.ts";
import { takenBack } from "../runtime/succession.ts";
import type { Recorded } from "../trace/recorded.ts";
import { idOfSource, versionIdOf } from "../trace/recorder.ts";
import type { Trace } from "../trace/trace.ts";
import { lastInForce, sourceAtStart } from "./at-start.ts";
import { type Catalog, createCatalog, type Shipped, shortId } from "./catalog.ts";
import { probationOf, Probations } from "./probations.ts";
import { replay, type ReplayReport } from "./replay.ts";
import { Shadow, type ShadowStatus } from "./shadow.ts";
import type { Happening, HistoryEntry, Version, VersionId, VersionStore } from "./store.ts";

/** For so long a version computes beside the one in force before it can be promoted. */
const defaultShadow: Millis = seconds(300);
/** For so long a version that was put in force may be taken back by itself. */
export const defaultProbation: Millis = seconds(900);

/** Both versions are loaded for so long. */
const longestSpan: Millis = hours(30 * 24);
/** How a version comes in force that is not one before it. */
const cameInForce: readonly Happening[] = ["configured", "swapped", "promoted"];

export interface VersionsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: VersionStore;
  readonly trace: Trace<Recorded>;
  /** Loads code without giving it anything to command. @throws BothyError for what is no definition */
  readonly openHost: (source: Source) => Promise<Host>;
  /** Those that come with Bothy. */
  readonly shipped: readonly Shipped[];
}

/** What there is of a controller's versions. Plain JSON. */
export interface VersionsStatus {
  readonly inForce: VersionId;
  readonly since?: Instant;
  readonly by?: By;
  /** What the configuration names. */
  readonly configured?: VersionId;
  readonly probation?: { readonly until: Instant; readonly previous: VersionId };
  readonly versions: readonly Version[];
  readonly history: readonly HistoryEntry[];
  readonly shadow?: ShadowStatus;
}

export interface ReplayRequest {
  /** Default: the one in force. */
  readonly id?: VersionId;
  /** One that is not kept, in place of `id`. */
  readonly bundle?: Bundle;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly most: number;
  readonly signal: AbortSignal;
}

/**
 * Which versions of a site's controllers there are, which is in force, and how one takes the place of another. What is
 * in force is on disk after it works and before anybody is told that it does.
 */
export class Versions {
  readonly #deps: VersionsDeps;
  readonly #catalog: Catalog;
  readonly #probations: Probations;
  readonly #shadows = new Map<string, Shadow>();
  /** One change at a time of each controller. */
  readonly #busy = new Set<string>();
  /** Controllers whose version was on probation when this program began, and failed since. */
  readonly #takenBack = new Set<string>();
  #runtime: ControllerRuntime | undefined;
  #stops: readonly (() => void)[] = [];

  constructor(deps: VersionsDeps) {
    this.#deps = deps;
    this.#catalog = createCatalog(deps.store, deps.shipped);
    this.#probations = new Probations(deps);
  }

  /**
   * What to begin with: what was put in force last, unless the configuration has named something else since, or the
   * program did not survive it.
   */
  sourceAtStart(controller: string, configured: Source): Source {
    const source = sourceAtStart(controller, configured, { ...this.#deps, catalog: this.#catalog });
    this.#probations.watch(controller);
    return source;
  }

  /** What was in force last, for when the configured one cannot be read. Undefined: nothing was. */
  lastInForce(controller: string): Source | undefined {
    this.#probations.watch(controller);
    return lastInForce(controller, { ...this.#deps, catalog: this.#catalog });
  }

  /** Follows a runtime that was made of what `sourceAtStart` gave. */
  follow(runtime: ControllerRuntime): void {
    this.#runtime = runtime;
    this.#stops = [
      runtime.onTrace((name, trace, frame) => {
        const shadow = this.#shadows.get(name);
        if (shadow !== undefined) shadow.follow(trace, frame, runtime.get(name)?.settings ?? {});
        if (trace.failure !== undefined) this.#failed(name, trace.failure.text);
      }),
      runtime.onEvent((event) => {
        if (event.kind === "rolled back") this.#rolledBack(event.controller, event.source, event.why);
      }),
    ];
  }

  /** Tells what was taken back at the start, once all controllers run. */
  started(): void {
    const { store } = this.#deps;
    for (const { name } of this.#running.list()) {
      const { untold } = store.inForce(name) ?? {};
      if (untold === undefined) continue;
      this.#running.takenBack(name, untold);
      store.amend(name, ({ untold: _told, ...rest }) => rest);
    }
  }

  /** @throws BothyError `NOT_FOUND` */
  status(controller: string): VersionsStatus {
    const { store } = this.#deps;
    const status = this.#statusOf(controller);
    const kept = store.inForce(controller);
    const shadow = this.#shadows.get(controller)?.status();
    const { previous } = kept?.probation ?? {};
    const probation =
      status.probation === undefined || previous === undefined
        ? undefined
        : { until: status.probation.until, previous };
    return {
      inForce: versionIdOf(status),
      ...(kept === undefined ? {} : { since: kept.since, by: kept.by, configured: kept.configured }),
      ...(probation === undefined ? {} : { probation }),
      versions: this.#catalog.list(controller, status.definition),
      history: store.history(controller),
      ...(shadow === undefined ? {} : { shadow }),
    };
  }

  shadow(controller: string): ShadowStatus | undefined {
    return this.#shadows.get(controller)?.status();
  }

  /**
   * Keeps a text as a version, after it was loaded and makes sense. It is not in force.
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT` for what is no definition
   */
  async add(controller: string, bundle: Bundle, by: By): Promise<Version> {
    this.#statusOf(controller);
    const host = await this.#loaded(bundle);
    const { name, version } = host.shape;
    await host.close();
    return this.#deps.store.add(controller, bundle, { name, version }, by);
  }

  /**
   * Puts a version in force, with the state of the one before.
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT`, `BAD_CONFIG`, `BUSY`: then the one before still is
   */
  swap(controller: string, wanted: VersionId, options: SwapOptions): Promise<SwapReport> {
    return this.#alone(controller, () => {
      checkSpan(controller, "a probation", options.probation);
      return this.#swap(controller, this.#meant(controller, wanted), "swapped", options);
    });
  }

  /** Goes back to the version before the one in force, never to one that was gone back from. @throws BothyError as `swap`; `NOT_FOUND` when there is none */
  rollback(controller: string, by: By): Promise<SwapReport> {
    return this.#alone(controller, () => {
      const inForce = versionIdOf(this.#statusOf(controller));
      const entry = this.#deps.store
        .history(controller)
        .find(
          ({ what, id, from }) =>
            id === inForce && from !== undefined && from !== inForce && cameInForce.includes(what),
        );
      if (entry?.from === undefined)
        throw new BothyError("NOT_FOUND", { source: `a version of ${controller} before the one in force` });
      return this.#swap(controller, entry.from, "rolled back", by);
    });
  }

  /** Has a version compute beside the one in force, in place of any that did. @throws BothyError as `swap` */
  startShadow(
    controller: string,
    wanted: VersionId,
    by: By,
    span: Millis = defaultShadow,
  ): Promise<ShadowStatus> {
    return this.#alone(controller, async () => {
      checkSpan(controller, "a shadow", span);
      const status = this.#statusOf(controller);
      const id = this.#meant(controller, wanted);
      const host = await this.#loaded(this.#catalog.sourceOf(controller, id));
      const { settings, definition } = status;
      const shadow = await Shadow.open(
        host,
        { settings, stateVersion: definition?.stateVersion },
        { clock: this.#deps.clock, id, by, wanted: span },
      );
      await this.#shadows.get(controller)?.close();
      this.#shadows.set(controller, shadow);
      this.#deps.store.tell(controller, { what: "shadowed", id, by });
      return shadow.status();
    });
  }

  /** @throws BothyError `NOT_FOUND` when none is in shadow */
  async endShadow(controller: string): Promise<ShadowStatus> {
    const shadow = this.#shadowOf(controller);
    this.#shadows.delete(controller);
    await shadow.close();
    return shadow.status();
  }

  /**
   * Puts in force what is in shadow.
   * @param force also when it is not fit for it by what it did so far
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT` with what speaks against it
   */
  promote(controller: string, by: By, force = false): Promise<SwapReport> {
    return this.#alone(controller, async () => {
      const { id, notYet } = this.#shadowOf(controller).status();
      if (notYet !== undefined && !force) {
        const fault = `${notYet}; wait, or say force`;
        throw new BothyError("BAD_INPUT", { source: `version ${shortId(id)} of ${controller}`, fault });
      }
      const report = await this.#swap(controller, id, "promoted", by);
      // Somebody may have ended it meanwhile.
      if (this.#shadows.has(controller)) await this.endShadow(controller);
      return report;
    });
  }

  /** @throws BothyError `NOT_FOUND`, `BAD_INPUT` */
  async replay(controller: string, request: ReplayRequest): Promise<ReplayReport> {
    const { bundle, id, from, to, settings, most, signal } = request;
    const inForce = versionIdOf(this.#statusOf(controller));
    const source = bundle ?? this.#catalog.sourceOf(controller, this.#meant(controller, id ?? inForce));
    const { trace, clock } = this.#deps;
    const steps = trace.range(controller, {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
    return await replay(steps, () => this.#loaded(source), {
      ...{ most, signal, clock },
      ...(settings === undefined ? {} : { settings }),
    });
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#probations.close();
    await Promise.all([...this.#shadows.values()].map((shadow) => shadow.close()));
    this.#shadows.clear();
  }

  async #swap(
    controller: string,
    id: VersionId,
    what: "swapped" | "rolled back" | "promoted",
    options: SwapOptions,
  ): Promise<SwapReport> {
    const { store, clock, log } = this.#deps;
    const before = versionIdOf(this.#statusOf(controller));
    const probation = options.probation ?? defaultProbation;
    const source = this.#catalog.sourceOf(controller, id);
    const handover = await this.#handover(controller, source);
    const report = await asked(() =>
      this.#running.swap(controller, source, { handover, ...options, probation }),
    );
    // What is in shadow went on from the state of another.
    if (what !== "promoted" && this.#shadows.has(controller)) await this.endShadow(controller);
    const by: By = { who: options.who, why: options.why };
    try {
      store.put(controller, what, {
        ...{ id, by },
        configured: store.inForce(controller)?.configured ?? before,
        ...(probation > 0 ? { probation: probationOf(probation, before, clock), starts: 0 } : {}),
      });
      this.#probations.watch(controller);
    } catch (error) {
      // It runs all the same; after a restart it would not.
      log.error({ error, controller, id }, "which version is in force cannot be kept");
    }
    return report;
  }

  /** The state is handed over when it is the same controller's. */
  async #handover(controller: string, source: Source): Promise<"state" | "fresh"> {
    const host = await this.#loaded(source);
    const { name } = host.shape;
    await host.close();
    const { definition } = this.#statusOf(controller);
    return definition === undefined || definition.name === name ? "state" : "fresh";
  }

  /**
   * Takes back what has been on probation since a program before this one: the runtime knows of no version before it.
   * Tried once: what does not come back then would not with the next failure either.
   */
  #failed(controller: string, why: string): void {
    const { store, log } = this.#deps;
    const { id, probation } = store.inForce(controller) ?? {};
    if (probation === undefined || this.#takenBack.has(controller)) return;
    const status = this.#statusOf(controller);
    if (status.probation !== undefined || versionIdOf(status) !== id) return;
    this.#takenBack.add(controller);
    const by = { who: "runtime", why };
    this.#alone(controller, () =>
      this.#swap(controller, probation.previous, "rolled back", { ...by, probation: 0 }),
    ).then(
      ({ from, to }) => {
        log.error({ controller, from, to }, `${controller}: back to ${to}, because of ${from}: ${why}`);
        this.#running.takenBack(controller, takenBack(from, to, why));
      },
      (error: unknown) => log.error({ controller, error }, "the version before cannot take over"),
    );
  }

  #rolledBack(controller: string, source: Source, why: string): void {
    const { store, log } = this.#deps;
    const status = this.#statusOf(controller);
    const id = idOfSource(source, status.definition ?? { name: "", version: "" });
    try {
      store.put(controller, "rolled back", {
        id,
        configured: store.inForce(controller)?.configured ?? id,
        by: { who: "runtime", why },
      });
    } catch (error) {
      log.error({ error, controller, id }, "which version is in force cannot be kept");
    }
  }

  async #loaded(source: Source): Promise<Host> {
    return await asked(() => this.#deps.openHost(source));
  }

  /** @throws BothyError `NOT_FOUND`, `BAD_INPUT` when it means several */
  #meant(controller: string, word: string): VersionId {
    return this.#catalog.meant(controller, this.#statusOf(controller).definition, word);
  }

  #shadowOf(controller: string): Shadow {
    this.#statusOf(controller);
    const shadow = this.#shadows.get(controller);
    if (shadow === undefined)
      throw new BothyError("NOT_FOUND", { source: `a version in shadow of ${controller}` });
    return shadow;
  }

  #statusOf(controller: string): ControllerStatus {
    const status = this.#running.get(controller);
    if (status === undefined) throw new BothyError("NOT_FOUND", { source: `controller ${controller}` });
    return status;
  }

  get #running(): ControllerRuntime {
    if (this.#runtime === undefined) throw new BothyError("STOPPED", { source: "the controllers" });
    return this.#runtime;
  }

  async #alone<T>(controller: string, work: () => T | Promise<T>): Promise<T> {
    this.#statusOf(controller);
    if (this.#busy.has(controller)) {
      const fault = "another change of its version is under way";
      throw new BothyError("BUSY", { source: `controller ${controller}`, fault });
    }
    this.#busy.add(controller);
    try {
      return await work();
    } finally {
      this.#busy.delete(controller);
    }
  }
}

/** @throws BothyError `BAD_INPUT` */
function checkSpan(controller: string, what: string, span: Millis = 0): void {
  if (span <= longestSpan) return;
  throw new BothyError("BAD_INPUT", {
    source: `controller ${controller}`,
    fault: `${what} lasts 30 days at the most`,
  });
}

/** Code that makes no sense is what somebody asked for, not what the site is configured with. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof BothyError) || thrown.code !== "BAD_CONFIG") throw thrown;
    throw new BothyError("BAD_INPUT", { ...thrown.params }, { cause: thrown });
  }
}
