import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { errorTable } from "../devices/errors.ts";
import { generated } from "../scripts/generated.ts";
import { parseFault, parseScript } from "../simulators/fault-text.ts";

const root = new URL("..", import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), "utf8");

test("docs/errors.md lists the codes of devices/errors.ts, each with its status and whether to retry", () => {
  const rows = [...text("docs/errors.md").matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (yes|no) \|/gm)];
  const documented = rows.map(([, code, http, again]) => ({
    code,
    http: Number(http),
    retry: again === "yes",
  }));
  const inCode = Object.entries(errorTable).map(([code, { http, retry }]) => ({ code, http, retry }));
  assert.deepEqual(documented, inCode);
});

test("every link between documents leads somewhere", () => {
  const pages = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/README.md",
    "docs/errors.md",
    "docs/ipmi.md",
    "docs/access.md",
    "docs/configuration.md",
    "docs/simulator.md",
    "docs/synse-compatibility.md",
  ];
  const broken = pages.flatMap((page) =>
    [...text(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, target]) => new URL(target ?? "", new URL(page, root)))
      .filter((target) => !exists(target))
      .map((target) => `${page} -> ${target.pathname}`),
  );
  assert.deepEqual(broken, []);
});

function exists(url: URL): boolean {
  try {
    readFileSync(url);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EISDIR";
  }
}

for (const [path, wanted] of Object.entries(generated())) {
  test(`${path} is what the code's schemas say (npm run generate)`, () => {
    assert.equal(text(path), wanted);
  });
}

test("the script of docs/simulator.md is one", () => {
  const [, script] =
    /<!-- script: checked by a test -->\n```yaml\n([^]*?)```/.exec(text("docs/simulator.md")) ?? [];
  assert.equal(parseScript(script ?? "").length, 3);
});

test("the examples of docs/simulator.md are faults", () => {
  const examples = [...text("docs/simulator.md").matchAll(/bothy sim fault (.+)$/gm)].map(
    ([, fault]) => fault ?? "",
  );
  assert.equal(examples.map(parseFault).length, 3);
});
