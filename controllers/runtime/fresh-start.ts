import type { Log } from "../../devices/plugin.ts";
import type { Alarm } from "../contract.ts";
import { beginAnew, type Version } from "./version.ts";

/**
 * What leads to failures may be in the state: whoever was broken does not go on from it, but from what `init` gives. Its
 * thread may be away, or `init` throw too: then it is tried again with the next step.
 */
export class FreshStart {
  readonly #controller: string;
  readonly #log: Log;
  #owed = false;
  /** Why it did not work so far. */
  #fault: string | undefined;

  constructor(controller: string, log: Log) {
    this.#controller = controller;
    this.#log = log;
  }

  /** The state it has is one that led to being broken. */
  owe(): void {
    this.#owed = true;
  }

  /** Has a version that is broken begin anew, when it has not yet. Never throws. */
  pay(version: Version): void {
    if (!this.#owed) return;
    this.#owed = false;
    void beginAnew(version).then((fault) => {
      this.#owed = fault !== undefined;
      if (fault !== undefined && fault !== this.#fault)
        this.#log.warn({ controller: this.#controller }, `${this.#controller} cannot begin anew: ${fault}`);
      this.#fault = fault;
    });
  }

  alarms(): readonly Alarm[] {
    if (this.#fault === undefined) return [];
    const text = `it still has the state that led to failures, because it cannot begin anew: ${this.#fault}`;
    return [{ id: "fresh-start", severity: "warning", text }];
  }
}
