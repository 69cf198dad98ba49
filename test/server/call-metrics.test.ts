import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { createHttp } from "../../server/http.ts";
import { startSite, until } from "../peers/synse-peer.ts";
import { startTestPlugin } from "../support/synse-server.ts";

test("calls to plugins that run by themselves are counted by method, with how long they took", async (t) => {
  const plugin = await startTestPlugin(t);
  const site = startSite(t, { far: { address: `127.0.0.1:${plugin.port}` } });
  await until(site, () => site.registry.get("a"));
  // Its devices are known before its connection counts as open.
  await until(site, () => site.synse.plugins.states().find(({ active }) => active));
  const http = await createHttp(site);
  t.after(() => http.close());
  const { body } = await http.inject("/metrics");
  const found = new Map(body.split("\n").map((line) => line.split(/ (?=\S+$)/) as [string, string]));
  const labels = 'type="unary",service="synse.V3Plugin",method="Metadata",plugin="plugin-1"';
  assert.equal(found.get(`synse_grpc_message_sent_total{${labels}}`), "1");
  assert.equal(found.get(`synse_grpc_message_received_total{${labels}}`), "1");
  assert.equal(found.get(`synse_grpc_request_latency_seconds_count{${labels}}`), "1");
  assert.equal(found.get(`synse_grpc_request_latency_seconds_bucket{${labels},le="+Inf"}`), "1");
  const listed = labels.replace("unary", "server_streaming").replace("Metadata", "Devices");
  assert.ok(Number(found.get(`synse_grpc_message_received_total{${listed}}`)) >= 1);
  assert.equal(found.get('synse_plugin_active_state{plugin="plugin-1"}'), "1");
  const checked = spawnSync("promtool", ["check", "metrics"], { input: body, encoding: "utf8" });
  assert.equal(checked.status, 0, `${checked.error?.message ?? ""}${checked.stdout}${checked.stderr}`);
});
