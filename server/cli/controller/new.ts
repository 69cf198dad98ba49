import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { namePattern } from "../../../devices/device.ts";
import { packageInfo } from "../../package-info.ts";
import { CannotRun, exit, type ExitCode, ownName, print } from "../terminal.ts";
import { controllerText, testText } from "./template.ts";

/** Writes a working controller and its test below `./controllers`. @throws CannotRun when something of it is there already */
export function makeNew(name: string, script: boolean): ExitCode {
  if (!new RegExp(namePattern).test(name))
    throw new CannotRun(`"${name}" is no name: use letters, digits, ".", "_" and "-"`);
  const ending = script ? "js" : "ts";
  const files: Readonly<Record<string, string>> = {
    [join("controllers", `${name}.${ending}`)]: controllerText(name),
    [join("controllers", `${name}.test.${ending}`)]: testText(name, ending),
  };
  for (const file of Object.keys(files))
    if (existsSync(file)) throw new CannotRun(`${file} is there already`);
  mkdirSync("controllers", { recursive: true });
  for (const [file, text] of Object.entries(files)) write(file, text);
  // Editors find the declarations by it, whether or not the package is installed there.
  const config = join("controllers", "tsconfig.json");
  if (!existsSync(config)) write(config, `${JSON.stringify(editorConfig(), undefined, 2)}\n`);
  print(next(name, ending));
  return exit.good;
}

function write(file: string, text: string): void {
  writeFileSync(file, text);
  print(`wrote ${file}`);
}

function editorConfig(): object {
  const { root } = packageInfo();
  const place = (path: string): string => {
    const own = relative(join(process.cwd(), "controllers"), join(root, path));
    return own.startsWith("..") ? join(root, path) : own;
  };
  return {
    compilerOptions: {
      ...{ target: "es2023", module: "nodenext", moduleResolution: "nodenext", strict: true, noEmit: true },
      ...{
        allowJs: true,
        checkJs: true,
        allowImportingTsExtensions: true,
        skipLibCheck: true,
        types: ["node"],
      },
      typeRoots: [place("node_modules/@types")],
      paths: {
        "bothy/controllers": [place("dist/controllers/index.d.ts")],
        "bothy/testing": [place("dist/server/simulation/index.d.ts")],
      },
    },
    include: ["."],
  };
}

const next = (name: string, ending: string): string => `
Next:
  ${ownName()} controller test            runs its test on a simulated site
  in the configuration of your site:
    controllers:
      ${name}: { use: ./controllers/${name}.${ending}, watch: true }`;
