import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Role } from "../../server/access/principal.ts";
import type { AccessSection } from "../../server/access/schema.ts";
import { changeTokens } from "../../server/access/token-file.ts";
import { makeToken } from "../../server/access/token.ts";
import type { SiteConfig } from "../../server/config.ts";
import { speed, type TableDevice } from "./table-plugin.ts";
import { type TableSite, tableSite } from "./table-site.ts";

/** One device with the tag `rack:r1`, and one of another rack whose name is nowhere else. */
const guardedDevices: readonly TableDevice[] = [
  { alias: "fan-near", type: "fan", outputs: [["duty"]], actions: [speed], tags: ["rack:r1"] },
  { alias: "faroff-fan", type: "fan", outputs: [["duty"]], actions: [speed], tags: ["rack:faroff"] },
];

/** Nobody is slowed down while time stands still. */
export const patient = { requestsPerSecond: 1e6, strangersPerSecond: 1e6, failuresPerMinute: 1e6 };

export interface GuardedSite extends TableSite {
  readonly folder: string;
  /** A new token. */
  readonly token: (role: Role, scope?: readonly string[], name?: string) => string;
  /** Entries of the audit log, the newest first, as the site itself sees them. */
  readonly audit: () => Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const removed: string[] = [];
const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true });
// A site that stops when its folder is gone already makes it anew, for what it had still to keep.
process.once("exit", () => removed.forEach(remove));

/** A folder that is removed after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-access-"));
  t.after(() => {
    remove(folder);
    removed.push(folder);
  });
  return folder;
}

/** A site that asks who somebody is, in a folder of its own. */
export async function guardedSite(
  t: TestContext,
  access: AccessSection = {},
  http: Partial<SiteConfig["http"]> = {},
): Promise<GuardedSite> {
  const folder = temporaryFolder(t);
  const made = await tableSite(
    t,
    guardedDevices,
    { "fan-near/duty": 40, "faroff-fan/duty": 41 },
    { access, state: { folder }, http: { host: "127.0.0.1", port: 0, limits: patient, ...http } },
  );
  const { clock, site } = made;
  let count = 0;
  return {
    ...made,
    folder,
    token: (role, scope, name = `t${++count}`) => {
      const { token, record } = makeToken(
        { name, role, ...(scope === undefined ? {} : { scope }) },
        clock.now(),
      );
      changeTokens(join(folder, "tokens.json"), (tokens) => [...tokens, record]);
      return token;
    },
    audit: async () => {
      const found: Readonly<Record<string, unknown>>[] = [];
      for await (const entry of site.audit.query({ limit: 1000 })) found.push({ ...entry });
      return found;
    },
  };
}

export const bearer = (token: string): { readonly authorization: string } => ({
  authorization: `Bearer ${token}`,
});
