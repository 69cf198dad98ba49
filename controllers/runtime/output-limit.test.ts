import assert from "node:assert/strict";
import test from "node:test";
import { limitOutput } from "./output-limit.ts";

const stream = () => {
  const said: string[] = [];
  return { said, write: (text: string | Uint8Array) => said.push(String(text)) > 0 };
};

test("a few lines come through, a flood does not, and the next request begins anew", () => {
  const [out, err] = [stream(), stream()];
  const begin = limitOutput([out, err]);
  for (let i = 0; i < 1000; i++) {
    out.write(`${i}\n`);
    err.write(`${i}!\n`);
  }
  assert.deepEqual(out.said, ["0\n", "1\n", "2\n", "3\n", "4\n", "… and more\n"]);
  assert.deepEqual(err.said, ["0!\n", "1!\n", "2!\n", "3!\n", "4!\n"]);
  begin();
  err.write("again\n");
  out.write("x".repeat(10_000));
  assert.deepEqual([err.said.at(-1), out.said.at(-1)], ["again\n", "… and more\n"]);
});
