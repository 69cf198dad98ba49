import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A program that uses the client, and hands in what browsers have. */
const page = `
import { createClient, type Client, type Reading } from "bothy/client";
const client: Client = createClient({ url: location.origin, fetch, WebSocket, token: async () => "x" });
const good = (reading: Reading): number | undefined =>
  reading.quality !== "bad" && typeof reading.value === "number" ? reading.value : undefined;
for (const reading of await client.read({ tags: ["rack:r1"], signal: AbortSignal.timeout(5) })) good(reading);
`;

/**
 * Compiles the client as a browser's program would: with the types of a page and none of Node.
 * @returns the folder of what came out, removed with the test
 * @throws Error with what the compiler says against it
 */
export async function buildClient(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bothy-client-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      ...{ types: [], lib: ["es2023", "dom"], rootDir: "/", outDir: folder, module: "preserve" },
      ...{ moduleResolution: "bundler", declaration: true, incremental: false, noEmit: false },
      paths: { "bothy/client": [join(root, "client/index.ts")] },
    },
    include: [],
    files: [join(root, "client/index.ts"), join(folder, "page.ts")],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(folder, "page.ts"), page);
  try {
    await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], { cwd: root });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout, { cause: error });
  }
  return join(folder, root, "client");
}
