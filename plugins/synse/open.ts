import { asBothyError } from "../../devices/errors.ts";
import type { Connection, LinkDeps } from "../../devices/plugin.ts";
import { PluginClient } from "./client.ts";
import { SynseConnection } from "./connection.ts";
import { credentialsOf } from "./credentials.ts";
import { declare } from "../../devices/declare.ts";
import type { Place, Settings } from "./plan.ts";
import { recall } from "./recall.ts";
import { checkMetadata, remotePlugin } from "./remote.ts";

/**
 * Reaches one plugin: what is remembered of it is known at once, whether it answers or not. Synse v3 §5.2.
 * @throws BothyError
 */
export async function openPlugin(
  name: string,
  place: Place,
  settings: Settings,
  deps: LinkDeps,
): Promise<Connection> {
  const remembered = recall(deps.memory);
  const known = remembered === undefined ? [] : declare(remembered.devices, deps, name);
  if (remembered !== undefined) deps.remote(remembered.plugin);
  const { tls, timeout } = settings;
  const client = new PluginClient({
    target: place.target,
    credentials: await credentialsOf(tls, name),
    ...(tls?.serverName === undefined ? {} : { serverName: tls.serverName }),
    source: name,
    clock: deps.clock,
    timeout,
  });
  const abort = (): void => client.close();
  deps.signal.addEventListener("abort", abort, { once: true });
  try {
    if (deps.signal.aborted) client.close();
    const { signal } = deps;
    const metadata = await client.ask("Metadata", {}, { signal });
    checkMetadata(metadata, name);
    const version = await client.ask("Version", {}, { signal }).catch((thrown: unknown) => {
      const error = asBothyError(thrown, name);
      if (error.code !== "UNSUPPORTED") throw error;
      return undefined;
    });
    const health = { status: "UNKNOWN" as const, at: deps.clock.now(), checks: [] };
    const remote = remotePlugin(metadata, version, place, health);
    const isSame = remembered?.plugin.id === remote.id;
    if (!isSame) deps.found([]);
    const devices = isSame ? known : [];
    const connection = new SynseConnection({ name, settings, client, metadata, remote, devices, deps });
    await connection.begin();
    connection.start();
    return connection;
  } catch (thrown) {
    client.close();
    throw thrown;
  } finally {
    deps.signal.removeEventListener("abort", abort);
  }
}
