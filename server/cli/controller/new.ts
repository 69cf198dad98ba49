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
  // Editors find the declarations by it, whether or not the package is installed there.
  const config = join("controllers", "tsconfig.json");
  writeAll(
    existsSync(config) ? files : { ...files, [config]: `${JSON.stringify(editorConfig(), undefined, 2)}\n` },
  );
  print(next(name, ending));
  return exit.good;
}

/** @throws CannotRun with what the disk says */
function writeAll(files: Readonly<Record<string, string>>): void {
  try {
    mkdirSync("controllers", { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      writeFileSync(file, text);
      print(`wrote ${file}`);
    }
  } catch (error) {
    throw new CannotRun(
      `nothing can be written here: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Where types of Node are: below the package, or beside it where npm has put them there. */
export const typeRootsOf = (root: string): readonly string[] =>
  [join(root, "node_modules", "@types"), join(root, "..", "@types")].filter((folder) =>
    existsSync(join(folder, "node")),
  );

function editorConfig(): object {
  const { root } = packageInfo();
  const placed = (path: string): string => {
    const own = relative(join(process.cwd(), "controllers"), path);
    return own.startsWith("..") ? path : own;
  };
  const place = (path: string): string => placed(join(root, path));
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
      typeRoots: typeRootsOf(root).map(placed),
      // Of what was built, or of the sources where nothing was.
      paths: {
        "bothy/controllers": [place("dist/controllers/index.d.ts"), place("controllers/index.ts")],
        "bothy/testing": [place("dist/server/simulation/index.d.ts"), place("server/simulation/index.ts")],
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
