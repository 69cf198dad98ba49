// Every example of docs/client.md is run as it stands, by the package's own name, against a site.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { buildClient, root } from "./built.ts";
import { served } from "./served.ts";

const run = promisify(execFile);
const page = readFileSync(join(root, "docs/client.md"), "utf8");
const examples = [...page.matchAll(/^```js\n([^]*?)^```\n\n```text\n([^]*?)^```$/gm)];

/** A program's folder in which the package is installed, as `npm pack` would have it. */
async function installed(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bothy-installed-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, "node_modules", "bothy");
  await mkdir(home, { recursive: true });
  await cp(await buildClient(t), join(home, "dist/client"), { recursive: true });
  await cp(join(root, "package.json"), join(home, "package.json"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await symlink(join(root, "node_modules/ws"), join(folder, "node_modules/ws"));
  return folder;
}

test("every example does what the page says", { timeout: 300_000 }, async (t) => {
  assert.equal(examples.length, [...page.matchAll(/^```js$/gm)].length);
  const folder = await installed(t);
  for (const [, code = "", expected] of examples) {
    const { url } = await served(t);
    await writeFile(join(folder, "example.mjs"), code.replace("http://127.0.0.1:5000", url));
    const { stdout } = await run(process.execPath, ["example.mjs"], { cwd: folder });
    assert.equal(stdout.replace(/ +$/gm, ""), expected, code);
  }
});

test(
  "what an installed package's declarations say is found by a program in TypeScript",
  { timeout: 300_000 },
  async (t) => {
    const folder = await installed(t);
    const program = `import { createClient, type StreamItem } from "bothy/client";
const client = createClient({ url: "http://hut" });
const items: AsyncIterable<StreamItem> = client.connect().readStream();
// @ts-expect-error: there is no such option
createClient({ url: "", tokn: "x" });
void items;
`;
    await writeFile(join(folder, "program.ts"), program);
    const options = [
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2023",
      "--lib",
      "es2023,dom",
    ];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [tsc, ...options, "program.ts"], {
      cwd: folder,
    }).catch((error: unknown) => error as { stdout: string });
    assert.equal(stdout, "");
    const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { exports: object };
    assert.ok("./client" in manifest.exports);
  },
);
