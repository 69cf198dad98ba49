// Every example of docs/ipmi.md is run as it stands, by the package's own name, against the simulated BMC.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createProgram } from "../../server/cli/program.ts";
import { servedBmc } from "../support/served-bmc.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/ipmi.md"), "utf8");
const examples = [...page.matchAll(/^```js\n([^]*?)^```\n\n```text\n([^]*?)^```$/gm)];

/** A program's folder in which the package is installed, with the files its manifest names for `bothy/ipmi`. */
async function installed(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bothy-ipmi-installed-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const home = join(folder, "node_modules", "bothy");
  await mkdir(home, { recursive: true });
  const config = {
    extends: join(root, "tsconfig.build.json"),
    compilerOptions: {
      ...{ rootDir: root, outDir: join(home, "dist"), incremental: false },
      ...{ tsBuildInfoFile: null, typeRoots: [join(root, "node_modules/@types")] },
    },
    include: [],
    files: [join(root, "plugins/ipmi/client.ts")],
  };
  await writeFile(join(folder, "build.json"), JSON.stringify(config));
  await run(process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    join(folder, "build.json"),
  ]);
  await writeFile(join(home, "package.json"), await readFile(join(root, "package.json")));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  // What comes along with the package, and what its readers install for Node's own types.
  for (const other of ["@types", "typebox"])
    await symlink(join(root, "node_modules", other), join(folder, "node_modules", other));
  return folder;
}

test(
  "every example does what the page says, and TypeScript finds its types",
  { timeout: 400_000 },
  async (t) => {
    assert.equal(examples.length, [...page.matchAll(/^```js$/gm)].length);
    const folder = await installed(t);
    const { port } = await servedBmc(t);
    for (const [, code = "", expected] of examples) {
      await writeFile(join(folder, "example.mjs"), code.replace("port: 623", `port: ${port}`));
      const { stdout } = await run(process.execPath, ["example.mjs"], { cwd: folder });
      assert.equal(stdout, expected, code);
    }
    const program = `import { openBmc, openIpmiSocket, readAll, systemClock, type Sensor } from "bothy/ipmi";
const bmc = openBmc({ host: "h", user: "u", password: "p", clock: systemClock, socket: openIpmiSocket() });
const none: readonly Sensor[] = [];
for (const reading of await readAll(bmc, none)) console.log(reading.value?.toFixed(1));
// @ts-expect-error: there is no such option
openBmc({ host: "h", user: "u", password: "p", clock: systemClock, socket: openIpmiSocket(), pasword: "x" });
`;
    await writeFile(join(folder, "program.ts"), program);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2023", "--types", "node"];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [tsc, ...options, "program.ts"], { cwd: folder }).catch(
      (error: unknown) => error as { stdout: string },
    );
    assert.equal(stdout, "");
  },
);

test("the page names every command and option there is", () => {
  const ipmi = createProgram(() => undefined).commands.find((command) => command.name() === "ipmi");
  const commands = ipmi?.commands.map((command) => command.name()) ?? [];
  const sdr = ipmi?.commands.find((command) => command.name() === "sdr");
  const options = (sdr?.options ?? [])
    .filter(({ hidden, helpGroupHeading }) => !hidden && helpGroupHeading === "Which BMC:")
    .flatMap(({ long }) => long ?? []);
  assert.ok(commands.length > 10 && options.length > 8);
  const rows = [...page.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = ""]) => cell).join(" ");
  const missing = [...commands, ...options].filter((word) => !new RegExp(`\`${word}\\b`).test(rows));
  assert.deepEqual(missing, []);
});
