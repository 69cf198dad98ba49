import { getHeapStatistics } from "node:v8";
import { parentPort } from "node:worker_threads";
import { systemClock } from "../../devices/clock.ts";
import { asBothyError, BothyError, saidBy } from "../../devices/errors.ts";
import type { Definition } from "../contract.ts";
import { shipped } from "../shipped/index.ts";
import type { Call, Outcome } from "./host.ts";
import { shippedNamed } from "./shipped-named.ts";
import { InlineHost } from "./inline-host.ts";
import { limitOutput } from "./output-limit.ts";
import { placesOf, sourceUrlOf } from "./place.ts";
import { faultOfData } from "./plain-data.ts";
import type { Answered, Asked, Request, ThreadSource } from "./worker-messages.ts";

const hosts = new Map<number, InlineHost>();
/** Instances of somebody's own code, which may give back anything. */
const foreign = new Set<number>();
const beginOutput = limitOutput([process.stdout, process.stderr]);

async function definitionOf(source: ThreadSource): Promise<Definition> {
  if (source.kind === "shipped") return shippedNamed(shipped, source.name);
  const text = `${source.text}\n//# sourceURL=${sourceUrlOf(source.file.replace(/[^\w./-]/g, "_"))}`;
  const module = (await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`)) as {
    readonly default?: Definition;
  };
  return module.default as Definition;
}

async function load({ source, name, period }: Request & { what: "load" }): Promise<InlineHost> {
  const place = source.kind === "bundle" ? placesOf(source) : undefined;
  try {
    return new InlineHost(await definitionOf(source), {
      timer: () => systemClock.monotonic(),
      ...(period === undefined ? {} : { period }),
      ...(place === undefined ? {} : { place }),
    });
  } catch (thrown) {
    const where = source.kind === "bundle" ? source.file : name;
    if (thrown instanceof BothyError) throw new BothyError(thrown.code, { ...thrown.params, source: where });
    const fault = thrown instanceof Error ? (place?.(thrown) ?? saidBy(thrown)) : saidBy(thrown);
    throw new BothyError("BAD_CONFIG", {
      source: where,
      fault: `it cannot be loaded: ${fault.slice(0, 1000)}`,
    });
  }
}

async function answer(instance: number, request: Request): Promise<unknown> {
  beginOutput();
  if (request.what === "load") {
    const host = await load(request);
    hosts.set(instance, host);
    if (request.source.kind === "bundle") foreign.add(instance);
    return JSON.parse(JSON.stringify(host.shape)) as unknown;
  }
  const host = hosts.get(instance);
  if (host === undefined) throw new Error("nothing is loaded");
  switch (request.what) {
    case "configure":
      return host.configure(request.settings);
    case "init":
      return begun("init", host.init());
    case "migrate":
      return begun("migrate", host.migrate(request.state, request.from));
    case "step":
      return foreign.has(instance)
        ? looked(host.step(request.call as Call))
        : host.step(request.call as Call);
    case "close":
      hosts.delete(instance);
      foreign.delete(instance);
      return undefined;
  }
}

/** A state to begin with. */
function begun(what: string, state: unknown): unknown {
  const fault = faultOfData(state, "state");
  if (fault === undefined) return state;
  throw new BothyError("BAD_CONFIG", { source: `the controller, ${what}`, fault });
}

/** Here, so that nothing that is too long enters the thread of the site. */
function looked(outcome: Outcome): Outcome {
  const { result, took } = outcome;
  if (typeof result !== "object" || (result as unknown) === null) return outcome;
  try {
    const fault = faultOfData(result.state, "state") ?? faultOfData(result, "result", false);
    return fault === undefined ? outcome : { failure: { kind: "invalid", text: fault }, took };
  } catch (thrown) {
    const text = `the result cannot be read: ${saidBy(thrown)}`;
    return { failure: { kind: "invalid", text }, took };
  }
}

async function heed({ id, instance, request }: Asked): Promise<void> {
  let said: Said;
  try {
    said = { ok: true, value: await answer(instance, request) };
  } catch (thrown) {
    said = refusal(thrown);
  }
  try {
    post(id, said);
  } catch (thrown) {
    // A result or state that holds functions cannot leave the thread, nor be kept.
    post(id, refusal(thrown));
  }
}

type Said =
  | Pick<Answered & { readonly ok: true }, "ok" | "value">
  | Pick<Answered & { readonly ok: false }, "ok" | "code" | "source" | "fault">;

function post(id: number, said: Said): void {
  parentPort?.postMessage({ id, outside: getHeapStatistics().external_memory, ...said } satisfies Answered);
}

function refusal(thrown: unknown): Said {
  const { code, params, message } = asBothyError(thrown, "the controller");
  const { source, fault } = params;
  return { ok: false, code, source, fault: typeof fault === "string" ? fault : message };
}

parentPort?.on("message", (asked: Asked) => void heed(asked));
