import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { WebSocket } from "ws";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]] },
];
const values = { "fan/rpm": 4200, "fan/duty": 40 };

/** The value of each series, by its name with labels as they are written. */
function series(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

test("requests are counted by route and status, under Synse's names", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  await ask("/v3/read/fan");
  await ask("/v3/read/fan");
  await ask("/v3/read/nobody");
  await ask("/nowhere");
  const answer = await ask("/metrics");
  assert.equal(answer.status, 200);
  assert.match(String(answer.headers["content-type"]), /^text\/plain; version=0\.0\.4/);
  const found = series(answer.text);
  const labels = (code: number): string =>
    `{method="GET",template="/v3/read/<device:str>",endpoint="/v3/read/<device:str>",http_code="${code}"}`;
  assert.equal(found.get(`synse_http_request_count_total${labels(200)}`), 2);
  assert.equal(found.get(`synse_http_request_count_total${labels(404)}`), 1);
  assert.equal(found.get(`synse_http_request_latency_seconds_count${labels(200)}`), 2);
  assert.ok((found.get(`synse_http_response_bytes_total${labels(200)}`) ?? 0) > 200);
  assert.ok(![...found.keys()].some((name) => name.includes("nowhere") || name.includes('"/metrics"')));
});

test("devices, plugins, buses, polls and the quality of readings are counted", async (t) => {
  const { ask, site } = await tableSite(t, devices, values);
  const found = series((await ask("/metrics")).text);
  const [bus] = site.buses.keys();
  const plugin = site.registry.get("fan")?.plugin;
  assert.equal(found.get("synse_registered_devices"), 2);
  assert.equal(found.get(`synse_plugin_active_state{plugin="${plugin}"}`), 1);
  assert.equal(found.get(`synse_plugin_connect_count_total{plugin="${plugin}"}`), 1);
  assert.equal(found.get(`synse_plugin_disconnect_count_total{plugin="${plugin}"}`), 0);
  assert.equal(found.get(`bothy_bus_state{bus="${bus}",state="open"}`), 1);
  assert.equal(found.get(`bothy_bus_state{bus="${bus}",state="waiting"}`), 0);
  assert.equal(found.get('bothy_readings{quality="good"}'), 2);
  assert.equal(found.get('bothy_readings{quality="bad"}'), 1);
  assert.ok((found.get(`bothy_poll_runs_total{bus="${bus}"}`) ?? 0) >= 1);
  assert.ok([...found.keys()].some((name) => name.startsWith("nodejs_eventloop_lag")));
});

test("writes are counted by slot and by how they end", async (t) => {
  const { ask, clock, table } = await tableSite(t, devices, values);
  let open = (): void => undefined;
  table.gates.set("fan", new Promise((resolve) => (open = resolve)));
  const write = async (data: string): Promise<void> => {
    await ask({ method: "POST", url: "/v3/write/fan", payload: { action: "speed", data } });
  };
  await write("50");
  const pending = series((await ask("/metrics")).text);
  assert.equal(pending.get("bothy_writes_pending"), 1);
  open();
  await clock.advance(5000);
  await write("500");
  const found = series((await ask("/metrics")).text);
  assert.equal(found.get("bothy_writes_pending"), 0);
  assert.equal(found.get('bothy_writes_total{slot="operator",result="DONE"}'), 1);
  assert.equal(found.get('bothy_writes_total{slot="operator",result="OUT_OF_RANGE"}'), 1);
});

test("Prometheus' own checker finds nothing to complain about", async (t) => {
  const { ask } = await tableSite(t, devices, values);
  await ask("/v3/scan");
  await ask({ method: "POST", url: "/v3/write/fan", payload: { action: "speed", data: "50" } });
  const { text } = await ask("/metrics");
  const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  assert.equal(checked.status, 0, `${checked.error?.message ?? ""}${checked.stdout}${checked.stderr}`);
});

test("the names Prometheus does not like are given to whoever asks for them, and none at all when disabled", async (t) => {
  const named = await tableSite(t, devices, values, { metrics: { synseNames: true } });
  await named.ask("/v3/scan");
  const found = series((await named.ask("/metrics")).text);
  const labels = '{method="GET",template="/v3/scan",endpoint="/v3/scan",http_code="200"}';
  assert.equal(found.get(`synse_http_request_latency_sec_count${labels}`), 1);
  const without = await tableSite(t, devices, values, { metrics: { enabled: false } });
  assert.equal((await without.ask("/metrics")).status, 404);
});

test("requests over WebSockets are counted by event, what is no event under one name", async (t) => {
  const { http } = await tableSite(t, devices, values);
  const url = await http.listen({ host: "127.0.0.1", port: 0 });
  const socket = new WebSocket(`${url.replace("http", "ws")}/v3/connect`);
  await once(socket, "open");
  const asks = ["request/status", "request/status", "request/info", "request/nothing", "request/else"];
  const answers: unknown[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      answers.push(JSON.parse(data.toString()));
      if (answers.length === asks.length) resolve();
    });
  });
  for (const [id, event] of asks.entries()) socket.send(JSON.stringify({ id, event }));
  await all;
  const found = series(await (await fetch(`${url}/metrics`)).text());
  assert.equal(found.get('synse_websocket_request_count_total{event="request/status"}'), 2);
  assert.equal(found.get('synse_websocket_request_count_total{event="unknown"}'), 2);
  assert.equal(found.get('synse_websocket_error_response_count_total{event="request/info"}'), 1);
  assert.equal(found.get('synse_websocket_request_latency_seconds_count{event="request/status"}'), 2);
  assert.equal(found.get("synse_websocket_sessions"), 1);
  socket.terminate();
});
