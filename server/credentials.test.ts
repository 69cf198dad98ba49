import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { withoutCredentials } from "./credentials.ts";

test("what stands between a name and the @ of an address is not shown", () => {
  const told: Readonly<Record<string, string>> = {
    "admin:hunter2@10.0.0.5": "admin:…@10.0.0.5",
    "admin:hun:t@er2@10.0.0.5:623": "admin:…@10.0.0.5:623",
    "https://admin:hunter2@hut-17/x": "https://admin:…@hut-17/x",
    ":hunter2@h": ":…@h",
    "error: value 'admin:hunter2@h' is wrong": "error: value 'admin:…@h' is wrong",
    "https://hut-17:5000/v3": "https://hut-17:5000/v3",
    "10.0.0.5:623": "10.0.0.5:623",
    "[fe80::1%eth0]:623": "[fe80::1%eth0]:623",
    "ann@hut-17": "ann@hut-17",
    "error: write to ann@hut-17": "error: write to ann@hut-17",
  };
  for (const [text, shown] of Object.entries(told)) assert.equal(withoutCredentials(text), shown);
});

test("no password of any letters is left in an address", () => {
  const name = fc.stringMatching(/^[a-z]{1,8}$/);
  const password = fc.stringMatching(/^[!-~][ -~]{3,18}$/).filter((text) => !text.startsWith("//"));
  fc.assert(
    fc.property(name, password, (user, secret) => {
      assert.equal(withoutCredentials(`${user}:${secret}@10.0.0.5`), `${user}:…@10.0.0.5`);
    }),
  );
});
