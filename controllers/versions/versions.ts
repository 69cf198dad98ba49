import { type Clock, hours, type Instant, type Millis, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { By, ControllerRuntime, SwapOptions, SwapReport } from "../runtime/api.ts";
import type { Host } from "../runtime/host.ts";
import type { Bundle, Source } from "../runtime/source.ts";
import type { Recorded } from "../trace/recorded.ts";
import { versionIdOf } from "../trace/recorder.ts";
import type { Trace } from "../trace/trace.ts";
import { lastInForce, sourceAtStart } from "./at-start.ts";
import { type Catalog, createCatalog, type Shipped, shortId } from "./catalog.ts";
import { asked, Followed } from "./followed.ts";
import { replay, type ReplayReport } from "./replay.ts";
import type { ShadowStatus } from "./shadow.ts";
import { Shadows } from "./shadows.ts";
import type { HistoryEntry, Version, VersionId, VersionStore } from "./store.ts";
import { Takeovers } from "./takeovers.ts";

/** For so long a version computes beside the one in force before it can be promoted. */
const defaultShadow: Millis = seconds(300);
/** Both versions are loaded for so long. */
const longestSpan: Millis = hours(30 * 24);

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
  /** Why a restart would not know of all this, as things are. */
  readonly unkept?: string;
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
 * in force is on disk after it works and before anybody is told that it does; where a disk takes nothing, that is told too.
 */
export class Versions {
  readonly #deps: VersionsDeps;
  readonly #catalog: Catalog;
  readonly #followed = new Followed();
  readonly #shadows: Shadows;
  readonly #takeovers: Takeovers;
  #stops: readonly (() => void)[] = [];

  constructor(deps: VersionsDeps) {
    this.#deps = deps;
    this.#catalog = createCatalog(deps.store, deps.shipped);
    const own = { ...deps, followed: this.#followed, openHost: this.#loaded };
    this.#shadows = new Shadows(own);
    this.#takeovers = new Takeovers({ ...own, catalog: this.#catalog, shadows: this.#shadows });
  }

  /**
   * What to begin with: what was put in force last, unless the configuration has named something else since, or the
   * program did not survive it.
   */
  sourceAtStart(controller: string, configured: Source): Source {
    const source = sourceAtStart(controller, configured, { ...this.#deps, catalog: this.#catalog });
    this.#takeovers.resume(controller);
    return source;
  }

  /** What was in force last, for when the configured one cannot be read. Undefined: nothing was. */
  lastInForce(controller: string): Source | undefined {
    this.#takeovers.resume(controller);
    return lastInForce(controller, { ...this.#deps, catalog: this.#catalog });
  }

  /** Follows a runtime that was made of what `sourceAtStart` gave. */
  follow(runtime: ControllerRuntime): void {
    this.#followed.follow(runtime);
    this.#stops = [
      runtime.onTrace((name, trace, frame) => {
        this.#shadows.follow(name, trace, frame);
        if (trace.failure !== undefined) this.#takeovers.failed(name, trace.failure.text);
      }),
      runtime.onEvent((event) => {
        if (event.kind === "rolled back")
          this.#takeovers.rolledBack(event.controller, event.source, event.why);
      }),
    ];
  }

  /** Tells what was taken back at the start, once all controllers run. */
  started(): void {
    this.#takeovers.started();
  }

  /** @throws BothyError `NOT_FOUND` */
  status(controller: string): VersionsStatus {
    const { store } = this.#deps;
    const status = this.#followed.statusOf(controller);
    const kept = store.inForce(controller);
    const shadow = this.#shadows.status(controller);
    const unkept = store.unkept(controller);
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
      ...(unkept === undefined ? {} : { unkept }),
      ...(shadow === undefined ? {} : { shadow }),
    };
  }

  shadow(controller: string): ShadowStatus | undefined {
    return this.#shadows.status(controller);
  }

  /**
   * Keeps a text as a version, after it was loaded and makes sense. It is not in force.
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT` for what is no definition, `NOT_KEPT` when the disk takes nothing
   */
  async add(controller: string, bundle: Bundle, by: By): Promise<Version> {
    this.#followed.statusOf(controller);
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
    return this.#followed.alone(controller, () => {
      checkSpan(controller, "a probation", options.probation);
      return this.#takeovers.swap(controller, this.#meant(controller, wanted), "swapped", options);
    });
  }

  /** Goes back to the version before the one in force, never to one that was gone back from. @throws BothyError as `swap`; `NOT_FOUND` when there is none */
  rollback(controller: string, by: By): Promise<SwapReport> {
    return this.#followed.alone(controller, () =>
      this.#takeovers.swap(controller, this.#takeovers.before(controller), "rolled back", by),
    );
  }

  /** Has a version compute beside the one in force, in place of any that did. @throws BothyError as `swap` */
  startShadow(
    controller: string,
    wanted: VersionId,
    by: By,
    span: Millis = defaultShadow,
  ): Promise<ShadowStatus> {
    return this.#followed.alone(controller, () => {
      checkSpan(controller, "a shadow", span);
      const id = this.#meant(controller, wanted);
      const source = this.#catalog.sourceOf(controller, id);
      return this.#shadows.start(controller, { id, source }, by, span);
    });
  }

  /** @throws BothyError `NOT_FOUND` when none is in shadow */
  endShadow(controller: string): Promise<ShadowStatus> {
    return this.#shadows.end(controller);
  }

  /**
   * Puts in force what is in shadow.
   * @param force also when it is not fit for it by what it did so far
   * @throws BothyError `NOT_FOUND`, `BAD_INPUT` with what speaks against it
   */
  promote(controller: string, by: By, force = false): Promise<SwapReport> {
    return this.#followed.alone(controller, async () => {
      const { id, notYet } = this.#shadows.of(controller).status();
      if (notYet !== undefined && !force) {
        const fault = `${notYet}; wait, or say force`;
        throw new BothyError("BAD_INPUT", { source: `version ${shortId(id)} of ${controller}`, fault });
      }
      const report = await this.#takeovers.swap(controller, id, "promoted", by);
      // Somebody may have ended it meanwhile.
      if (this.#shadows.has(controller)) await this.#shadows.end(controller);
      return report;
    });
  }

  /** @throws BothyError `NOT_FOUND`, `BAD_INPUT` */
  async replay(controller: string, request: ReplayRequest): Promise<ReplayReport> {
    const { bundle, id, from, to, settings, most, signal } = request;
    const inForce = versionIdOf(this.#followed.statusOf(controller));
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
    this.#takeovers.close();
    this.#deps.store.close();
    await this.#shadows.close();
  }

  #loaded = (source: Source): Promise<Host> => asked(() => this.#deps.openHost(source));

  /** @throws BothyError `NOT_FOUND`, `BAD_INPUT` when it means several */
  #meant(controller: string, word: string): VersionId {
    return this.#catalog.meant(controller, this.#followed.statusOf(controller).definition, word);
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
