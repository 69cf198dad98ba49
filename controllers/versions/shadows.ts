import type { Clock, Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { By } from "../runtime/api.ts";
import type { Frame, StepTrace } from "../runtime/frame.ts";
import type { Host } from "../runtime/host.ts";
import type { Source } from "../runtime/source.ts";
import type { Followed } from "./followed.ts";
import { Shadow, type ShadowStatus } from "./shadow.ts";
import type { VersionId, VersionStore } from "./store.ts";

export interface ShadowsDeps {
  readonly clock: Clock;
  readonly store: VersionStore;
  readonly followed: Followed;
  /** @throws BothyError `BAD_INPUT` for what is no definition */
  readonly openHost: (source: Source) => Promise<Host>;
}

/** Versions that compute beside those in force, one of each controller at the most. */
export class Shadows {
  readonly #deps: ShadowsDeps;
  readonly #shadows = new Map<string, Shadow>();

  constructor(deps: ShadowsDeps) {
    this.#deps = deps;
  }

  has(controller: string): boolean {
    return this.#shadows.has(controller);
  }

  status(controller: string): ShadowStatus | undefined {
    return this.#shadows.get(controller)?.status();
  }

  /** @throws BothyError `NOT_FOUND` when none is in shadow */
  of(controller: string): Shadow {
    this.#deps.followed.statusOf(controller);
    const shadow = this.#shadows.get(controller);
    if (shadow === undefined)
      throw new BothyError("NOT_FOUND", { source: `a version in shadow of ${controller}` });
    return shadow;
  }

  /** Has one compute, in place of any that did. @throws BothyError for a version, settings or a state that make no sense */
  async start(
    controller: string,
    { id, source }: { readonly id: VersionId; readonly source: Source },
    by: By,
    span: Millis,
  ): Promise<ShadowStatus> {
    const { clock, store, followed, openHost } = this.#deps;
    const { settings, definition } = followed.statusOf(controller);
    const shadow = await Shadow.open(
      await openHost(source),
      { settings, stateVersion: definition?.stateVersion },
      { clock, id, by, wanted: span },
    );
    await this.#shadows.get(controller)?.close();
    this.#shadows.set(controller, shadow);
    store.tell(controller, { what: "shadowed", id, by });
    return shadow.status();
  }

  /** A step of the version in force. */
  follow(controller: string, trace: StepTrace, frame: Frame): void {
    const shadow = this.#shadows.get(controller);
    if (shadow === undefined) return;
    shadow.follow(trace, frame, this.#deps.followed.runtime.get(controller)?.settings ?? {});
  }

  /** @throws BothyError `NOT_FOUND` when none is in shadow */
  async end(controller: string): Promise<ShadowStatus> {
    const shadow = this.of(controller);
    this.#shadows.delete(controller);
    await shadow.close();
    return shadow.status();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#shadows.values()].map((shadow) => shadow.close()));
    this.#shadows.clear();
  }
}
