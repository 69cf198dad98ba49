import { createHash } from "node:crypto";
import type { Clock, Millis } from "../../devices/clock.ts";
import { minutes } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import { type BmcClient, type IpmiSocket, openBmc, refusalOf } from "./lan/index.ts";
import { type BmcSettings, meanings } from "./plan.ts";
import { effectsOf } from "./quirks.ts";
import { privileges } from "./schema.ts";
import { keyOf, mostBytes, within } from "./secret.ts";

/** BMCs lock accounts that fail too often: what was refused is tried again only so often. */
const holdOff: Millis = minutes(5);

/** How many times the first wait a request may take in all: its repetitions, a lost session, and a new one. */
const patienceOf = 15;

/** Logs in to one BMC, again and again as its link is opened; keeps nothing of the secrets but a fingerprint. */
export class Door {
  readonly #settings: BmcSettings;
  #refused: { readonly error: BothyError; readonly until: Millis; readonly print: string } | undefined;
  #warned = false;
  /** Why there is no session, as it was last told. */
  #told: unknown;

  constructor(settings: BmcSettings) {
    this.#settings = settings;
  }

  /**
   * A client with an open session.
   * @throws BothyError why there is none: `UNAUTHENTICATED` for a wrong user, password or key
   */
  async open(
    socket: IpmiSocket,
    { clock, log, signal }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
  ): Promise<BmcClient> {
    const settings = this.#settings;
    const stopped = (): BothyError => new BothyError("STOPPED", { source: settings.name });
    const isStopped = (): boolean => signal.aborted;
    if (isStopped()) throw stopped();
    const { password, kg } = await this.#secrets();
    const print = createHash("sha256")
      .update(password)
      .update("\0")
      .update(kg ?? "")
      .digest("hex");
    const { until = -Infinity, error: before, print: tried } = this.#refused ?? {};
    if (before !== undefined && clock.monotonic() < until && tried === print) throw before;
    this.#warn(log);
    const client = openBmc({
      ...optionsOf(settings),
      password,
      ...(kg === undefined ? {} : { kg }),
      clock,
      socket,
      log: this.#once(log),
    });
    const stop = (): void => void client.close();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await client.connect();
      this.#refused = undefined;
      this.#told = undefined;
      return client;
    } catch (thrown) {
      await client.close();
      if (isStopped()) throw stopped();
      const reason = refusalOf(thrown);
      if (thrown instanceof BothyError && reason !== undefined && !thrown.retry)
        this.#refused = { error: thrown, until: clock.monotonic() + holdOff, print };
      throw thrown;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** @throws BothyError `BAD_CONFIG` */
  async #secrets(): Promise<{ readonly password: Buffer; readonly kg?: Buffer }> {
    const { password, kg, version, name } = this.#settings;
    const word = within((await password?.()) ?? Buffer.alloc(0), mostBytes({ version }), `${name} password`);
    return { password: word, ...(kg === undefined ? {} : { kg: keyOf(await kg(), name) }) };
  }

  /** A BMC that is away for weeks is not worth a warning at every attempt: only one when the reason is another. */
  #once(log: Log): Log {
    return {
      debug: (fields, text) => log.debug(fields, text),
      info: (fields, text) => log.info(fields, text),
      error: (fields, text) => log.error(fields, text),
      warn: (fields, text) => {
        const reason = "fault" in fields ? fields.fault : undefined;
        if (reason !== undefined && reason === this.#told) log.debug(fields, text);
        else log.warn(fields, text);
        this.#told = reason ?? this.#told;
      },
    };
  }

  /** What is weak is said once, so that nobody forgets it. */
  #warn(log: Log): void {
    const { insecure, name } = this.#settings;
    if (this.#warned) return;
    this.#warned = true;
    for (const choice of insecure) log.warn({ link: name, insecure: choice }, `${name}: ${meanings[choice]}`);
  }
}

const pick = <K extends string>(value: number | undefined, name: K): Partial<Record<K, number>> =>
  value === undefined ? {} : ({ [name]: value } as Record<K, number>);

function optionsOf({
  at,
  host,
  port,
  user,
  version,
  suites,
  insecure,
  privilege,
  timeout,
  window,
  quirks,
}: BmcSettings) {
  const { lan } = effectsOf(quirks);
  return {
    ...{ name: at, host, port, user, version, suites, timeout },
    patience: patienceOf * timeout,
    ...(insecure.includes("cipher-suite-0") ? { allowUnauthenticated: true } : {}),
    privilege: privileges[privilege - 2] ?? "operator",
    ...pick(window ?? lan.window, "window"),
    ...pick(lan.spacing, "spacing"),
    quirks: lan,
  };
}
