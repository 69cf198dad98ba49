import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { exchange, listening } from "../support/exchange.ts";
import { tableSite } from "../support/table-site.ts";
import * as rows from "./http-rows.ts";

// The rows of the contract as bytes on a socket: what clients see, not what the framework says of itself.

const sections: Readonly<Record<string, readonly rows.Row[]>> = {
  "status, version and configuration (§1.3)": rows.siteRows,
  "plugins (§1.3)": rows.pluginRows,
  "scans and their parameters (§1.1, §1.3)": rows.scanRows,
  "tags (§3.3)": rows.tagRows,
  "all about a device (§1.4)": rows.infoRows,
  "readings (§1.3, §1.5)": rows.readRows,
  "kept readings (§1.7)": rows.readCacheRows,
  "writes and transactions (§1.6, §4)": rows.writeRows,
  "what nobody should ask (§1.1, §1.2)": rows.strangeRows,
};

for (const [name, section] of Object.entries(sections)) {
  test(`${name}: every row`, async (t) => {
    await play(t, section);
  });
}

const descriptions: Readonly<Record<number, string>> = {
  400: "invalid user input",
  404: "resource not found",
  405: "device action not supported",
  409: "conflict",
};

async function play(t: TestContext, section: readonly rows.Row[]): Promise<void> {
  const { http, site } = await tableSite(t, rows.devices, rows.values);
  const port = await listening(http);
  const fan = site.registry.get("fan-1") ?? assert.fail();
  const known = (text: string): string =>
    text.replaceAll("{plugin}", fan.plugin).replaceAll("{fan-1}", fan.id);
  for (const [method, path, status, says, body] of section) {
    const { status: got, headers, text } = await exchange(port, method, known(path), { body });
    const what = `${method} ${path} ${body ?? ""} → ${got} ${text}`;
    const expected = new RegExp(known(says.source), says.flags);
    assert.equal(got, status, what);
    assert.equal(headers.get("content-type"), "application/json", what);
    assert.equal(Number(headers.get("content-length")), Buffer.byteLength(text), what);
    assert.match(headers.get("x-request-id") ?? "", /^\S+$/, what);
    if (status === 200) assert.match(text, expected, what);
    else {
      const error = JSON.parse(text) as Record<string, unknown>;
      assert.deepEqual(Object.keys(error).slice(0, 4), ["http_code", "description", "timestamp", "context"]);
      assert.equal(error["http_code"], status, what);
      assert.equal(error["description"], descriptions[status], what);
      assert.match(String(error["timestamp"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, what);
      assert.match(String(error["context"]), expected, what);
    }
  }
}
