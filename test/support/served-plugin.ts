import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { type Plugin, silentLog } from "../../devices/plugin.ts";
import { faultText, readConfig } from "../../server/config.ts";
import { type ServedPlugin, type ServeOptions, servePlugin } from "../../server/plugin-server/serve.ts";
import { partOf } from "../../server/plugin-server/site-of.ts";
import { createSite, type Site } from "../../server/site.ts";

export interface PluginSite {
  readonly site: Site;
  readonly served: ServedPlugin;
}

const onLoopback: ServeOptions = { address: { kind: "tcp", host: "127.0.0.1", port: 0 } };

/** One plugin of a configuration, served as a plugin of a Synse server; ended with the test. */
export async function servedPlugin<L, D, P>(
  t: TestContext,
  typed: Plugin<L, D, P>,
  text: string,
  options: ServeOptions = onLoopback,
): Promise<PluginSite> {
  const plugin = typed as Plugin;
  const { config, plans, faults } = readConfig(text, "served.yaml", [plugin], {});
  assert.deepEqual(faults.map(faultText), []);
  assert.ok(config !== undefined);
  const part = partOf(plugin, config, plans);
  const site = createSite(part.config, part.plans, { clock: systemClock, log: silentLog, plugins: [plugin] });
  const served = await servePlugin(site, plugin, options);
  t.after(() => served.stop());
  return { site, served };
}

/** A folder that is gone after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Certificates {
  /** Paths of PEM files. */
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** An authority, and a server on loopback and a client that it vouches for. @param folder where the files go */
export function certificates(folder: string): Certificates {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "1",
    "-subj",
    "/CN=authority",
  );
  const vouched = (name: string) => {
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key"];
    const out = ["-keyout", `${name}.key`, "-out", `${name}.pem`];
    openssl("req", "-x509", ...by, ...key, ...out, "-days", "1", "-subj", `/CN=${name}`, ...names);
    return { cert: file(`${name}.pem`), key: file(`${name}.key`) };
  };
  return { ca: file("ca.pem"), server: vouched("server"), client: vouched("client") };
}

/** The files of a server, read. */
export const serverTls = ({ server, ca }: Certificates, clients: boolean) => ({
  cert: readFileSync(server.cert),
  key: readFileSync(server.key),
  ...(clients ? { clientCa: readFileSync(ca) } : {}),
});
