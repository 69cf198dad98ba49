import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type Keeper, noKeeper } from "../../devices/keeper.ts";
import { silentLog } from "../../devices/plugin.ts";
import { Access } from "../../server/access/access.ts";
import { changeTokens } from "../../server/access/token-file.ts";
import { makeToken, type TokenRecord } from "../../server/access/token.ts";
import { Audit } from "../../server/audit/audit.ts";
import type { SiteConfig } from "../../server/config-schema.ts";
import { temporaryFolder } from "../support/guarded-site.ts";
import { MemoryKeeper } from "../support/memory-keeper.ts";
import { TestClock } from "../support/test-clock.ts";

const meanwhile = ", before the site was started";

/** A token file, and programs that read it one after the other. */
function bench(t: TestContext) {
  const clock = new TestClock();
  const tokens = join(temporaryFolder(t), "tokens.json");
  const add = (name: string): TokenRecord => {
    const { record } = makeToken({ name, role: "viewer" }, clock.now());
    changeTokens(tokens, (others) => [...others, record]);
    return record;
  };
  const change = (name: string, rest: Partial<TokenRecord>): void =>
    changeTokens(tokens, (all) => all.map((one) => (one.name === name ? { ...one, ...rest } : one)));
  const revoke = (name: string): void =>
    changeTokens(tokens, (all) => all.filter((one) => one.name !== name));
  /** Runs a site's access control for a moment. @returns what its audit log says, the oldest first */
  const run = async (keeper: Keeper, meanwhile: () => void = () => undefined): Promise<readonly string[]> => {
    const audit = new Audit({ clock, log: silentLog, registry: { get: () => undefined } });
    const config: SiteConfig = {
      site: { id: "hut", name: "hut", tags: [] },
      http: { host: "127.0.0.1", port: 0 },
      log: { level: "info" },
      buses: {},
      access: { tokens },
    };
    const access = new Access(config, { clock, log: silentLog, audit, keeper });
    const over = new AbortController();
    access.start(over.signal);
    meanwhile();
    const token = `bothy_aaaaaaaa_${"A".repeat(43)}`;
    const raw = { headers: { authorization: `Bearer ${token}` }, socket: { remoteAddress: "127.0.0.1" } };
    // Whatever it is asked with a token it does not know, it looks at the file.
    assert.throws(() => access.identify({ raw: raw as never, ip: "127.0.0.1", id: "1" }));
    over.abort();
    const told: string[] = [];
    for await (const { text } of audit.query({ limit: 100 })) told.unshift(text ?? "");
    audit.close();
    return told;
  };
  return { tokens, add, change, revoke, run };
}

test("tokens that are made and revoked while a site runs are told of", async (t) => {
  const { add, revoke, run } = bench(t);
  const ann = add("ann");
  assert.deepEqual(await run(noKeeper), [], "what was there before, nobody knows when it came");
  let bob: TokenRecord | undefined;
  const told = await run(noKeeper, () => {
    bob = add("bob");
    revoke("ann");
  });
  assert.deepEqual(told, [`revoked or changed: ann (${ann.id})`, `viewer: bob (${bob?.id ?? ""})`]);
});

test("what happened to the tokens while the site was stopped is told at its start, once", async (t) => {
  const { add, change, revoke, run } = bench(t);
  const keeper = new MemoryKeeper();
  const [ann, bob, eve] = [add("ann"), add("bob"), add("eve")];
  assert.deepEqual(
    await run(keeper),
    [ann, bob, eve].map(({ name, id }) => `viewer: ${name} (${id})${meanwhile}`),
  );
  assert.deepEqual(await run(keeper.crash()), []);
  revoke("ann");
  change("bob", { role: "admin" });
  const mallory = add("mallory");
  assert.deepEqual(await run(keeper), [
    `revoked or changed: ann (${ann.id})${meanwhile}`,
    `revoked or changed: bob (${bob.id})${meanwhile}`,
    `admin: bob (${bob.id})${meanwhile}`,
    `viewer: mallory (${mallory.id})${meanwhile}`,
  ]);
  assert.deepEqual(await run(keeper), []);
  assert.ok(![...keeper.disk.values()].join().includes(bob.hash), "the hash is not kept a second time");
});

test("tokens that cannot be read are not revoked ones; what was kept may be anything", async (t) => {
  const { tokens, add, run } = bench(t);
  const keeper = new MemoryKeeper();
  const ann = add("ann");
  keeper.put("token", "x", "no note");
  keeper.put("token", "y", { name: 7 });
  assert.deepEqual(await run(keeper), [`viewer: ann (${ann.id})${meanwhile}`]);
  writeFileSync(tokens, "damaged");
  assert.deepEqual(await run(keeper), []);
  rmSync(tokens);
  assert.deepEqual(await run(keeper), [`revoked or changed: ann (${ann.id})${meanwhile}`]);
});
