import { asBothyError } from "./errors.ts";
import type { LinkPlan, Log } from "./plugin.ts";

/** A link below another. */
export interface Branch {
  start(): void;
  stop(): Promise<void>;
  remove(): Promise<void>;
}

export interface BranchParts {
  /** Makes a link; what `gone` does happens when it was removed. */
  readonly grow: (plan: LinkPlan) => { readonly link: Branch; readonly gone: () => void };
  readonly log: Log;
}

/** The links below a link, by name. */
export class Branches {
  readonly #parts: BranchParts;
  readonly #branches = new Map<string, ReturnType<BranchParts["grow"]>>();

  constructor(parts: BranchParts) {
    this.#parts = parts;
  }

  /** Has these links and no others; one that was there before, by its name, goes on. */
  declare(plans: readonly LinkPlan[]): void {
    const { grow, log } = this.#parts;
    const wanted = new Set(plans.map(({ name }) => name));
    for (const [name, { link, gone }] of [...this.#branches]) {
      if (wanted.has(name)) continue;
      this.#branches.delete(name);
      link.remove().then(gone, (thrown: unknown) => {
        log.error({ link: name }, asBothyError(thrown, `removing ${name}`).message);
      });
    }
    for (const plan of plans) {
      if (this.#branches.has(plan.name)) continue;
      const grown = grow(plan);
      this.#branches.set(plan.name, grown);
      grown.link.start();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#branches.values()].map(({ link }) => link.stop()));
  }
}
