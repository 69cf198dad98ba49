import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, extname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BuildFailure, Plugin } from "esbuild";
import { reasonOf, CannotRun, exit, type ExitCode } from "../terminal.ts";

const isTest = (name: string): boolean => /\.test\.[cm]?[jt]s$/.test(name);
const own = (path: string): string =>
  fileURLToPath(new URL(path.replace(/\.ts$/, extname(import.meta.url)), import.meta.url));

/** What tests of controllers import is this program's own, wherever they lie. */
const modules: Readonly<Record<string, string>> = {
  "bothy/controllers": own("../../../controllers/index.ts"),
  "bothy/testing": own("../../simulation/index.ts"),
};

/**
 * Runs tests of controllers, TypeScript or JavaScript, on any Node this program runs on.
 * @param given files, or names of controllers; none: all there are
 * @throws CannotRun when there are none, or one cannot be read
 */
export async function runTests(given: readonly string[]): Promise<ExitCode> {
  const files = given.length > 0 ? given.map(meant) : found();
  if (files.length === 0)
    throw new CannotRun("there are no tests here: `bothy controller new NAME` writes one");
  const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
  try {
    const built = await bundled(files, folder);
    const loader = import.meta.url.endsWith(".ts") ? ["--import", import.meta.resolve("tsx")] : [];
    const child = spawn(process.execPath, [...loader, "--enable-source-maps", "--test", ...built], {
      stdio: "inherit",
    });
    const [code] = (await once(child, "exit")) as [number | null];
    return code === 0 ? exit.good : exit.fault;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const found = (): readonly string[] =>
  [".", "controllers"].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter(isTest)
          .map((name) => resolve(folder, name))
      : [],
  );

/** @throws CannotRun */
function meant(word: string): string {
  if (existsSync(word)) return resolve(word);
  const all = found();
  const named = all.find((file) => basename(file).replace(/\.test\.[cm]?[jt]s$/, "") === word);
  if (named !== undefined) return named;
  const there = all.map((file) => relative(process.cwd(), file)).join(", ") || "none";
  throw new CannotRun(`there is no test ${word}; there are: ${there}`);
}

/** What is wrong with a text, with its place. */
function saidOf(error: unknown): string {
  const messages = (error as Partial<BuildFailure>).errors ?? [];
  if (messages.length === 0) return reasonOf(error);
  return messages
    .map(({ text, location }) =>
      location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`,
    )
    .join("\n");
}

async function bundled(files: readonly string[], folder: string): Promise<readonly string[]> {
  const { build } = await import("esbuild");
  const entries = files.map((file, i) => ({
    in: file,
    out: `${i}-${
      file
        .split("/")
        .at(-1)
        ?.replace(/\.[cm]?[jt]s$/, "") ?? "test"
    }`,
  }));
  try {
    await build({
      entryPoints: entries,
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      ...{ bundle: true, format: "esm", platform: "node", target: "node20", sourcemap: "inline" },
      logLevel: "silent",
      tsconfigRaw: "{}",
      plugins: [ours],
    });
  } catch (error) {
    throw new CannotRun(saidOf(error));
  }
  return entries.map(({ out }) => join(folder, `${out}.mjs`));
}

const ours: Plugin = {
  name: "bothy",
  setup(building) {
    building.onResolve({ filter: /^bothy\// }, ({ path }) => {
      const file = modules[path];
      return file === undefined ? undefined : { path: pathToFileURL(file).href, external: true };
    });
  },
};
