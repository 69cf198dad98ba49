import { writeFileSync } from "node:fs";
import { generated, read } from "./generated.ts";

for (const [path, text] of Object.entries(generated())) {
  if (exists(path) && read(path) === text) continue;
  writeFileSync(new URL(`../${path}`, import.meta.url), text);
  console.log(`wrote ${path}`);
}

function exists(path: string): boolean {
  try {
    read(path);
    return true;
  } catch {
    return false;
  }
}
