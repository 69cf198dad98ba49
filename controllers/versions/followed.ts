import { BothyError } from "../../devices/errors.ts";
import type { ControllerRuntime, ControllerStatus } from "../runtime/api.ts";

/** The runtime whose controllers have versions, and one change at a time of each of them. */
export class Followed {
  #runtime: ControllerRuntime | undefined;
  readonly #busy = new Set<string>();

  follow(runtime: ControllerRuntime): void {
    this.#runtime = runtime;
  }

  /** @throws BothyError `STOPPED` before there is one */
  get runtime(): ControllerRuntime {
    if (this.#runtime === undefined) throw new BothyError("STOPPED", { source: "the controllers" });
    return this.#runtime;
  }

  /** @throws BothyError `NOT_FOUND` */
  statusOf(controller: string): ControllerStatus {
    const status = this.runtime.get(controller);
    if (status === undefined) throw new BothyError("NOT_FOUND", { source: `controller ${controller}` });
    return status;
  }

  /** @throws BothyError `NOT_FOUND`, `BUSY`; whatever `work` does */
  async alone<T>(controller: string, work: () => T | Promise<T>): Promise<T> {
    this.statusOf(controller);
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

/** Code that makes no sense is what somebody asked for, not what the site is configured with. */
export async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof BothyError) || thrown.code !== "BAD_CONFIG") throw thrown;
    throw new BothyError("BAD_INPUT", { ...thrown.params }, { cause: thrown });
  }
}
