import { createHash } from "node:crypto";
import { builtinModules } from "node:module";
import { basename, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildFailure, type BuildOptions, type Message, type Plugin } from "esbuild";
import { BothyError } from "../../devices/errors.ts";
import type { Bundle } from "./source.ts";

/** The file next to this one, as it runs: TypeScript from the sources, JavaScript when built. */
const ownFile = (path: string): string =>
  fileURLToPath(
    new URL(import.meta.url.endsWith(".ts") ? path : path.replace(/\.ts$/, ".js"), import.meta.url),
  );

/** The folder that holds `controllers/` and `devices/`. */
const ownRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url)))) + sep;

/** More is no controller. */
const mostBytes = 4_194_304;
const builtins = new Set(builtinModules);

/** `bothy/controllers` and `typebox` are ours, wherever the file is; a step does no I/O, so nothing of Node's is there. */
const ours: Plugin = {
  name: "bothy",
  setup(its) {
    its.onResolve({ filter: /^bothy\/controllers$/ }, () => ({ path: ownFile("../index.ts") }));
    // Of our library only what is used comes along.
    its.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, importer }) =>
      importer.startsWith(join(ownRoot, "controllers") + sep)
        ? { path: join(resolveDir, path), sideEffects: false }
        : undefined,
    );
    its.onResolve({ filter: /^typebox(?:\/|$)/ }, ({ path, kind, pluginData }) => {
      if (pluginData === ours) return undefined;
      return its.resolve(path, { kind, resolveDir: ownRoot, pluginData: ours });
    });
    its.onResolve({ filter: /^(?:node:|[a-z_]+(?:\/|$))/ }, ({ path, importer }) => {
      if (!path.startsWith("node:") && !builtins.has(path)) return undefined;
      if (importer.startsWith(ownRoot) && !importer.includes(`${sep}node_modules${sep}`))
        return { path, external: true };
      const text = `a controller cannot import ${path}: a step is given everything it needs, and does no input or output`;
      return { errors: [{ text }] };
    });
  },
};

/**
 * Makes one text of a controller's file and everything it imports, which needs no other file and runs on Node 20.
 * @param file absolute, `.ts` or `.js`
 * @param name for people; default: the file's name
 * @throws BothyError `BAD_CONFIG` with file, line and column
 */
export const loadBundle = (file: string, name = basename(file)): Promise<Bundle> =>
  bundled(
    { entryPoints: [file], absWorkingDir: dirname(file), outfile: join(dirname(file), "controller.js") },
    name,
  );

/** The same of a text that imports nothing but `bothy/controllers`. @param name a file's: tells TypeScript from JavaScript */
export const loadText = (name: string, contents: string): Promise<Bundle> =>
  bundled(
    {
      stdin: { contents, sourcefile: name, loader: /\.m?ts$/.test(name) ? "ts" : "js" },
      outfile: "controller.js",
    },
    name,
  );

async function bundled(entry: BuildOptions, name: string): Promise<Bundle> {
  try {
    const { outputFiles } = await build({
      ...entry,
      bundle: true,
      write: false,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["import", "default"],
      target: "node20",
      sourcemap: "external",
      sourcesContent: false,
      charset: "utf8",
      legalComments: "none",
      logLevel: "silent",
      plugins: [ours],
      tsconfigRaw: "{}",
    });
    const text = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
    const map = outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "{}";
    if (Buffer.byteLength(text) > mostBytes)
      throw new BothyError("BAD_CONFIG", {
        source: name,
        fault: `with all it imports it is longer than ${mostBytes} bytes`,
      });
    return { kind: "bundle", file: name, text, map, hash: createHash("sha256").update(text).digest("hex") };
  } catch (thrown) {
    const messages = (thrown as Partial<BuildFailure>).errors ?? [];
    if (messages.length === 0) throw thrown;
    const fault = messages.map((message) => spelled(message, name)).join("; ");
    throw new BothyError("BAD_CONFIG", { source: name, fault }, { cause: thrown });
  }
}

function spelled({ text, location }: Message, name: string): string {
  if (location === null) return text;
  const { file, line, column } = location;
  return `${file === "" ? name : file}:${line}:${column + 1}: ${text}`;
}

let workerText: Promise<string> | undefined;

/** The code of a worker thread, from the sources: Node cannot run TypeScript in one. */
export const workerFromSources = (): Promise<string> => (workerText ??= bundledWorker());

async function bundledWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ownFile("./worker-main.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
