import { systemClock } from "../../../devices/clock.ts";
import { BothyError } from "../../../devices/errors.ts";
import {
  type BmcClient,
  cipherSuites,
  openBmc,
  openIpmiSocket,
  safeSuites,
} from "../../../plugins/ipmi/lan/index.ts";
import { meanings } from "../../../plugins/ipmi/plan.ts";
import { effectsOf, type QuirkName } from "../../../plugins/ipmi/quirks.ts";
import type { InsecureChoice, PrivilegeName } from "../../../plugins/ipmi/schema.ts";
import type { SdrCache } from "../../../plugins/ipmi/sdr/index.ts";
import type { Env } from "../contexts.ts";
import { CannotRun, complain, interrupted } from "../terminal.ts";
import { addressOf, addressText, hostOf } from "./address.ts";
import type { LoginOptions } from "./login.ts";
import { memoryFile, openMemory } from "./memory.ts";
import { kgOf, passwordOf, refusePassword } from "./secret.ts";
import { working } from "./working.ts";

/** A BMC somebody has logged in to. */
export interface Bmc {
  readonly client: BmcClient;
  /** As it was named, with its port when that is not 623. */
  readonly name: string;
  readonly memory: SdrCache;
  /** Oddities it was said to have. */
  readonly quirks: readonly QuirkName[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Logs in to the BMC that options name, does something, and logs out, whatever happens.
 * @param least the privilege it takes; asked for unless the options name another
 * @throws CannotRun naming a remedy, for whatever goes wrong with asking
 */
export async function onBmc<R>(
  options: LoginOptions,
  least: PrivilegeName,
  run: (bmc: Bmc) => Promise<R>,
  env: Env = process.env,
): Promise<R> {
  refusePassword(options);
  const address = addressOf(hostOf(options, env));
  const name = addressText(address);
  const user = options.user ?? env["BOTHY_IPMI_USER"];
  if (user === undefined) throw new CannotRun("say who logs in: -U USER, or $BOTHY_IPMI_USER");
  const protection = protectionOf(options);
  const needsNone = protection.suites.every((suite) => suite === 0);
  const kg = await kgOf(options);
  const who = `${user === "" ? "the anonymous user" : user} at ${name}`;
  const password = needsNone ? "" : await passwordOf(options, env, who);
  const { quirk = [] } = options;
  const { window, spacing, ...quirks } = effectsOf(quirk).lan;
  const socket = openIpmiSocket();
  const client = opened(() =>
    openBmc({
      ...{ ...address, name, user, password, clock: systemClock, socket, ...protection },
      ...{ privilege: options.privilege ?? least, keepAlive: 0 },
      ...{
        quirks,
        ...(window === undefined ? {} : { window }),
        ...(spacing === undefined ? {} : { spacing }),
      },
      ...(kg === undefined ? {} : { kg }),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    }),
  );
  const signal = interrupted();
  const stop = (): void => void client.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const done = working(`logging in to ${name}`);
    await client.connect().finally(done);
    return await run({ client, name, memory: openMemory(memoryFile(name, env)), quirks: quirk, signal });
  } catch (thrown) {
    throw signal.aborted ? new CannotRun("interrupted") : explained(thrown, name);
  } finally {
    signal.removeEventListener("abort", stop);
    await client.close();
    await socket.close();
  }
}

/** How the BMC that options name is called. @throws CannotRun when they name none */
export const bmcName = (options: LoginOptions, env: Env = process.env): string =>
  addressText(addressOf(hostOf(options, env)));

function opened(open: () => BmcClient): BmcClient {
  try {
    return open();
  } catch (thrown) {
    throw thrown instanceof BothyError
      ? new CannotRun(String(thrown.params["fault"] ?? thrown.message))
      : thrown;
  }
}

interface Protection {
  readonly version: "2.0" | "1.5";
  readonly suites: readonly number[];
  readonly allowUnauthenticated: boolean;
}

/** @throws CannotRun for something weak that was not put up with in so many words */
function protectionOf({ suite, ipmiVersion = "2.0", insecure = [] }: LoginOptions): Protection {
  if (ipmiVersion === "1.5" && suite !== undefined)
    throw new CannotRun("--suite is for IPMI 2.0; leave it or --ipmi-version 1.5 out");
  const weak = ipmiVersion === "1.5" ? "ipmi-1.5" : suite === undefined ? undefined : weaknessOf(suite);
  if (weak !== undefined && !insecure.includes(weak))
    throw new CannotRun(`${meanings[weak]}; if it has to be, say --insecure ${weak}`);
  const idle = insecure.find((choice) => choice !== weak);
  if (idle !== undefined) throw new CannotRun(`--insecure ${idle}: nothing asks for that; leave it out`);
  if (weak !== undefined) complain(`insecure: ${meanings[weak]}`);
  return {
    version: ipmiVersion,
    suites: suite === undefined ? safeSuites : [suite],
    allowUnauthenticated: insecure.includes("cipher-suite-0"),
  };
}

/** @throws CannotRun for a suite there is no code for */
function weaknessOf(id: number): InsecureChoice | undefined {
  const suite = cipherSuites.find((one) => one.id === id);
  if (suite === undefined)
    throw new CannotRun(
      `cipher suite ${id} is not supported: ${cipherSuites.map((one) => one.id).join(", ")} are`,
    );
  if (suite.authentication === 0) return "cipher-suite-0";
  if (suite.integrity === 0) return "no-integrity";
  return suite.confidentiality === 0 ? "no-encryption" : undefined;
}

/** The same with a remedy, where there is one and it does not name it itself. */
function explained(thrown: unknown, name: string): unknown {
  if (!(thrown instanceof BothyError)) return thrown;
  if (thrown.code === "NO_ANSWER")
    return new CannotRun(
      `${name} does not answer: check the address, that IPMI over LAN is switched on there, and that UDP is let through`,
    );
  return new CannotRun(thrown.message);
}
