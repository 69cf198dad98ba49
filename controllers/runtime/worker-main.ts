import { parentPort } from "node:worker_threads";
import { systemClock } from "../../devices/clock.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { Definition } from "../contract.ts";
import { shipped } from "../shipped/index.ts";
import type { Call } from "./host.ts";
import { shippedNamed } from "./shipped-named.ts";
import { InlineHost } from "./inline-host.ts";
import { placesOf, sourceUrlOf } from "./place.ts";
import type { Answered, Asked, Request, ThreadSource } from "./worker-messages.ts";

const hosts = new Map<number, InlineHost>();

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
    const fault = thrown instanceof Error ? (place?.(thrown) ?? thrown.message) : String(thrown);
    throw new BothyError("BAD_CONFIG", { source: where, fault: `it cannot be loaded: ${fault}` });
  }
}

async function answer(instance: number, request: Request): Promise<unknown> {
  if (request.what === "load") {
    const host = await load(request);
    hosts.set(instance, host);
    return JSON.parse(JSON.stringify(host.shape)) as unknown;
  }
  const host = hosts.get(instance);
  if (host === undefined) throw new Error("nothing is loaded");
  switch (request.what) {
    case "configure":
      return host.configure(request.settings);
    case "init":
      return host.init();
    case "migrate":
      return host.migrate(request.state, request.from);
    case "step":
      return host.step(request.call as Call);
    case "close":
      hosts.delete(instance);
      return undefined;
  }
}

async function heed({ id, instance, request }: Asked): Promise<void> {
  let answered: Answered;
  try {
    answered = { id, ok: true, value: await answer(instance, request) };
  } catch (thrown) {
    answered = refusal(id, thrown);
  }
  try {
    parentPort?.postMessage(answered);
  } catch (thrown) {
    // A result or state that holds functions cannot leave the thread, nor be kept.
    parentPort?.postMessage(refusal(id, thrown));
  }
}

function refusal(id: number, thrown: unknown): Answered {
  const { code, params, message } = asBothyError(thrown, "the controller");
  const { source, fault } = params;
  return { id, ok: false, code, source, fault: typeof fault === "string" ? fault : message };
}

parentPort?.on("message", (asked: Asked) => void heed(asked));
