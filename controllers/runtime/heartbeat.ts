import type { Cancel, Clock, Millis } from "../../devices/clock.ts";
import { seconds } from "../../devices/clock.ts";
import type { Accepts } from "../../devices/device.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Alarm } from "../contract.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import { slots } from "../../devices/transaction.ts";
import type { Writer } from "../../devices/writer.ts";
import { fullTag } from "../../devices/tag.ts";
import type { DeviceId } from "../../devices/value-id.ts";
import type { Heartbeat } from "./api.ts";
import { dataOf } from "./observe.ts";

interface HeartbeatDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly writer: Writer;
}

/** One that does not live, or could not feed, is looked at again so soon. */
const lookAgain: Millis = seconds(1);

/** Feeds the watchdogs of equipment for as long as somebody says that the controller lives. */
export class Heartbeats {
  readonly #beats: readonly Heartbeat[];
  readonly #who: string;
  readonly #deps: HeartbeatDeps;
  readonly #lives: () => boolean;
  #cancels: Cancel[] = [];
  /** Those that nobody takes, and why. */
  readonly #unfed = new Map<Heartbeat, string>();
  #failed = false;

  constructor(beats: readonly Heartbeat[], who: string, deps: HeartbeatDeps, lives: () => boolean) {
    this.#beats = beats;
    this.#who = who;
    this.#deps = deps;
    this.#lives = lives;
  }

  start(): void {
    const { clock } = this.#deps;
    this.#cancels = this.#beats.map((beat, i) => {
      let due: Millis = clock.monotonic();
      let count = 0;
      const next = (): void => {
        // A watchdog that is fed seldom must not wait that long for its first time, or for the next after a failure.
        const fed = this.#lives() && this.#feed(beat, count++);
        const wait = fed ? beat.every : Math.min(beat.every, lookAgain);
        const passed = Math.max(0, Math.floor((clock.monotonic() - due) / wait));
        due += wait * (passed + 1);
        this.#cancels[i] = clock.at(due, next);
      };
      return clock.at(due, next);
    });
  }

  alarms(): readonly Alarm[] {
    return [...this.#unfed].map(([{ tags, action }, why]) => ({
      id: `heartbeat:${tags.join(" ")} ${action}`,
      severity: "major",
      text: `no watchdog is fed: ${why}`,
    }));
  }

  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
  }

  /** @returns whether somebody was told, and nobody was not */
  #feed(beat: Heartbeat, count: number): boolean {
    const { tags, action: name, value } = beat;
    const { registry, writer, log } = this.#deps;
    let told = 0;
    let refused: string | undefined;
    for (const { device, accepts } of fed(registry, tags, name)) {
      const data = beatOf(accepts, value, count);
      try {
        writer.submit({
          device,
          action: name,
          ...(data === undefined ? {} : { data }),
          slot: slots.controller,
          who: this.#who,
          why: "it lives",
        });
        told++;
        this.#failed = false;
      } catch (thrown) {
        if (!this.#failed)
          log.warn({ device }, `${this.#who}, heartbeat: ${asBothyError(thrown, name).message}`);
        this.#failed = true;
        refused = asBothyError(thrown, name).message;
      }
    }
    const why = refused ?? (told > 0 ? undefined : `no device has the action ${name}, of ${tags.join(" ")}`);
    if (why === undefined) this.#unfed.delete(beat);
    else this.#unfed.set(beat, why);
    return why === undefined;
  }
}

/** Whom one feeds: every device that has the tags and the action. */
export const fed = (
  registry: Pick<Registry, "select">,
  tags: readonly string[],
  action: string,
): readonly { readonly device: DeviceId; readonly name: string; readonly accepts: Accepts }[] =>
  registry
    .select([tags.map((tag) => (/^(type|id):/.test(tag) ? `system/${tag}` : fullTag(tag)))])
    .flatMap(({ id: device, alias, actions }) =>
      actions
        .filter(({ name }) => name === action)
        .map(({ accepts }) => ({ device, name: alias ?? device, accepts })),
    );

/** What is written the `count`th time. */
export function beatOf(accepts: Accepts, value: number | string, count: number): string | undefined {
  if (accepts.kind === "none") return undefined;
  if (value === "toggle") {
    if (accepts.kind === "choice") return accepts.choices[count % 2];
    return String(count % 2);
  }
  if (value !== "count") return dataOf(value);
  if (accepts.kind === "choice") return accepts.choices[count % accepts.choices.length];
  if (accepts.kind === "text") return String(count);
  const { min, max, step } = accepts;
  const many = Math.floor((max - min) / (step > 0 ? step : 1)) + 1;
  return dataOf(min + (count % many) * (step > 0 ? step : 1));
}
