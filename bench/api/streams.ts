import type { ChildProcess } from "node:child_process";
import { type Millis, seconds, sleep, systemClock as clock } from "../../devices/clock.ts";
import { asked, share, start, usageOf } from "../processes.ts";
import type { Heard } from "./listeners.ts";

export interface Variant {
  readonly name: string;
  readonly sockets: number;
  /** Every socket wants every device, instead of one each. */
  readonly all: boolean;
}

export interface Endpoint {
  readonly child: ChildProcess;
  readonly port: number;
  /** The path of a socket and what it sends first. @param device undefined: all of them */
  readonly ask: (device: number | undefined) => readonly [path: string, first: string];
}

export interface Measured extends Heard {
  /** Percent of one processor. */
  readonly cpu: number;
  readonly listenerCpu: number;
  /** Bytes, with these sockets open. */
  readonly rss: number;
}

const devices = 1000;
const warm: Millis = seconds(4);
const span: Millis = seconds(10);

/** Opens the sockets of a variant at an endpoint and listens for a while. */
export async function listen({ child, port, ask }: Endpoint, { sockets, all }: Variant): Promise<Measured> {
  const listeners = await start(new URL("listeners.ts", import.meta.url));
  const wanted = Array.from({ length: sockets }, (_, i) => ask(all ? undefined : i % devices));
  await asked(listeners, { port, sockets: wanted });
  await sleep(clock, warm);
  await asked<Heard>(listeners, "heard");
  const [before, listenersBefore] = [await usageOf(child), await usageOf(listeners)];
  await sleep(clock, span);
  const [after, listenersAfter] = [await usageOf(child), await usageOf(listeners)];
  const heard = await asked<Heard>(listeners, "heard");
  listeners.disconnect();
  // Until those that left are gone.
  await sleep(clock, seconds(2));
  return {
    ...heard,
    cpu: share(before, after),
    listenerCpu: share(listenersBefore, listenersAfter),
    rss: after.rss,
  };
}

/** One line of figures. */
export function toldOf(name: string, measured: Measured, { sockets, all }: Variant): string {
  const { took, p50, p99, most } = measured;
  const perSecond = (measured.messages * 1000) / took;
  const published = sockets * (all ? devices : 1);
  const missing = Math.max(0, 100 * (1 - perSecond / published));
  return (
    `    ${name.padEnd(8)} ${perSecond.toFixed(0).padStart(7)} of ${String(published).padStart(7)} msg/s ` +
    `(${missing.toFixed(1)} % not sent)  delay p50 ${p50.toFixed(0)} p99 ${p99.toFixed(0)} most ${most.toFixed(0)} ms  ` +
    `CPU ${measured.cpu.toFixed(0)} % (listeners ${measured.listenerCpu.toFixed(0)} %)  ${(measured.rss / 1e6).toFixed(0)} MB` +
    (measured.refused === 0 ? "" : `  (${measured.refused} sockets refused)`)
  );
}
