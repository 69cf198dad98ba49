import { type Clock, type Millis, seconds, sleep } from "../../devices/clock.ts";
import { type Device, valuesOf } from "../../devices/device.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import { makeDevice } from "../../devices/make-device.ts";
import { outputNamed } from "../../devices/output.ts";
import { type Connection, type LinkDeps, type LinkPlan, type Poll, priority } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import type { ValueId } from "../../devices/value-id.ts";
import type { BmcConnection } from "./bmc-connection.ts";
import { type IpmiSocket, openIpmiSocket } from "./lan/index.ts";
import { meta } from "./meta.ts";
import { listenForTraps, type TrapListener } from "./pet/listen.ts";
import type { BmcSettings, LinkSettings } from "./plan.ts";
import { good } from "./parts/part.ts";
import type { IpmiConfig } from "./schema.ts";

/** How long BMCs get to end their sessions before the socket goes. */
const farewell: Millis = seconds(2);
const period: Millis = seconds(10);

/** What all BMCs of a bus share while it is open. */
export class Exchange {
  readonly #open = new Map<string, BmcConnection>();
  /** Told when one comes or goes. */
  changed: () => void = () => undefined;
  #socket: IpmiSocket | undefined;

  /** @throws BothyError `LINE_DOWN` while the bus is closed */
  socket(source: string): IpmiSocket {
    if (this.#socket === undefined)
      throw new BothyError("LINE_DOWN", { source, fault: "the bus it is on is not open" });
    return this.#socket;
  }

  begin(): IpmiSocket {
    this.#socket = openIpmiSocket();
    return this.#socket;
  }

  /** A BMC has a session. */
  join(name: string, connection: BmcConnection): void {
    this.#open.set(name, connection);
    this.changed();
    void connection.closed.then(() => {
      if (this.#open.get(name) === connection) this.#open.delete(name);
      this.changed();
    });
  }

  get connections(): readonly BmcConnection[] {
    return [...this.#open.values()];
  }

  async end(clock: Clock): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    const ended = new AbortController();
    const goodbyes = Promise.all(this.connections.map((connection) => connection.close())).then(() =>
      ended.abort(),
    );
    await Promise.race([goodbyes, sleep(clock, farewell, ended.signal)]);
    await socket?.close();
  }
}

/** How many BMCs there are, and how many of them answer. */
export const hubDevice = ({ site, name, link }: IpmiConfig): Device =>
  makeDevice(
    meta,
    { site, link: name, at: ["bmcs"] },
    {
      alias: name,
      type: "bus",
      info: `BMCs of ${name}`,
      tags: [...site.tags, ...(link.config.tags ?? [])],
      outputs: ["configured", "answering"].map((channel) => ({ output: outputNamed("count"), channel })),
    },
  );

/** The socket of all BMCs of a bus; each of them is a link of its own below it. */
export class HubConnection implements Connection {
  readonly polls: readonly Poll[];
  readonly closed: Promise<undefined>;
  readonly #exchange: Exchange;
  readonly #deps: LinkDeps;
  readonly #device: Device;
  readonly #bmcs: readonly BmcSettings[];
  readonly #socket: IpmiSocket;
  #closing: Promise<void> | undefined;
  #traps: TrapListener | undefined;
  #deaf: string | undefined;
  #end: () => void = () => undefined;

  constructor(
    parts: {
      readonly device: Device;
      readonly bmcs: readonly BmcSettings[];
      readonly exchange: Exchange;
      readonly below: readonly LinkPlan[];
      readonly traps?: LinkSettings["traps"];
    },
    deps: LinkDeps,
  ) {
    this.#exchange = parts.exchange;
    this.#device = parts.device;
    this.#bmcs = parts.bmcs;
    this.#deps = deps;
    this.polls = [
      { id: "bmcs", unit: "", values: valuesOf(parts.device), period, priority: priority.background },
    ];
    this.closed = new Promise((resolve) => {
      this.#end = () => resolve(undefined);
    });
    this.#socket = parts.exchange.begin();
    parts.exchange.changed = () => {
      if (this.#closing === undefined) deps.publish(this.#readings());
    };
    deps.branches(parts.below);
    if (parts.traps !== undefined) void this.#listen(parts.traps);
  }

  read(_poll: Poll, { signal }: { readonly signal: AbortSignal }): Promise<readonly Reading[]> {
    if (signal.aborted || this.#closing !== undefined)
      return Promise.reject(new BothyError("STOPPED", { source: this.#device.link }));
    return Promise.resolve(this.#readings());
  }

  #readings(): readonly Reading[] {
    const at = this.#deps.clock.now();
    const counts = { configured: this.#bmcs.length, answering: this.#answering() };
    return valuesOf(this.#device).map((id: ValueId) =>
      good(id, at, id.channel === "configured" ? counts.configured : counts.answering),
    );
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#exchange.end(this.#deps.clock), this.#traps?.close()])
      .then(() => undefined)
      .finally(() => this.#end());
    return this.#closing;
  }

  /** Without its traps a bus is slower to notice things, and no worse: why there are none is said. */
  async #listen(where: NonNullable<LinkSettings["traps"]>): Promise<void> {
    const { log } = this.#deps;
    const link = this.#device.link;
    try {
      const traps = await listenForTraps({
        ...where,
        onEvent: ({ from }) => this.#trapped(from),
        onIgnored: (from, reason) => log.debug({ link, from }, `${link}: ${reason.message}`),
      });
      this.#traps = traps;
      if (this.#closing !== undefined) await traps.close();
    } catch (thrown) {
      const { message } = asBothyError(thrown, `${link} traps`);
      this.#deaf = message;
      log.error({ link }, `${message}; event logs are read at their periods only`);
    }
  }

  /** Anybody can send a trap: it makes its BMC be looked at, and nothing else. */
  #trapped(from: string): void {
    for (const connection of this.#exchange.connections)
      if (connection.address === from) void connection.nudge();
  }

  report(): object {
    const traps = this.#traps;
    return {
      bmcs: this.#bmcs.length,
      answering: this.#answering(),
      socket: this.#socket.counts(),
      ...(traps === undefined ? {} : { traps: { port: traps.port, ...traps.counts } }),
      ...(this.#deaf === undefined ? {} : { traps: { fault: this.#deaf } }),
    };
  }

  #answering(): number {
    return this.#exchange.connections.filter(({ address }) => address !== undefined).length;
  }
}
