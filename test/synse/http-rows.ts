import type { Action } from "../../devices/device.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";

/*
 * The HTTP side of Synse v3 as rows, in the order of the contract: what is asked, and what comes back. Where Bothy
 * means to differ from the original, docs/synse-compatibility.md says so.
 */

const reset: Action = { name: "reset", kind: "pulse", accepts: { kind: "none" }, storage: "ram" };

export const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed], tags: ["rack:r1", "x/a"] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["rack:r1"] },
  { alias: "meter", type: "power", outputs: [["count"]] },
  { alias: "latch", type: "lock", outputs: [], actions: [reset] },
  { alias: "wait", type: "fan", outputs: [["duty"]], actions: [speed] },
  { alias: "zähler 2", type: "power", outputs: [["state"]], context: { place: "Fuß/Boden" } },
];
export const values = {
  "fan-1/rpm": 4200,
  "probe/temperature": 21.5,
  "meter/count": 18446744073709551615n,
  "zähler 2/state": "nan",
};

/**
 * Method, path, status and what the body looks like; for errors, what its context says. `{plugin}` in a path is the id
 * of the plugin, `{fan-1}` that of the device.
 */
export type Row = readonly [method: string, path: string, status: number, says: RegExp, body?: string];

/** §1.3, §1.4: status, version, configuration. */
export const siteRows: readonly Row[] = [
  ["GET", "/test", 200, /^\{"status":"ok","timestamp":"[^"]+Z"\}$/],
  ["GET", "/test/", 200, /"ok"/],
  ["GET", "/version/", 200, /^\{"version":"[^"]+","api_version":"v3"\}$/],
  ["GET", "/v3/config", 200, /"logging":"info","pretty_json":/],
  ["GET", "/v3/config", 200, /"cache":\{"device":\{"rebuild_every":180\},"plugin":\{"refresh_every":120\}/],
  ["GET", "/v3/config", 200, /"transaction":\{"ttl":300\}.*"grpc":\{"timeout":3\},"metrics":\{"enabled":/],
  ["GET", "/v3/config", 200, /^(?!.*hush)/],
];

/** §1.3, §1.4: plugins. */
export const pluginRows: readonly Row[] = [
  ["GET", "/v3/plugin", 200, /^\[\{"name":"table","maintainer":"bothy","tag":"bothy\/table"/],
  ["GET", "/v3/plugin?refresh=true&refresh=false", 200, /"active":true\}\]$/],
  ["GET", "/v3/plugin/", 404, /^plugin not found: $/],
  ["GET", "/v3/plugin/x", 404, /^plugin not found: x$/],
  ["GET", "/v3/plugin/health", 200, /^\{"status":"healthy","updated":/],
  ["GET", "/v3/plugin/health/", 200, /"inactive":0\}$/],
  ["GET", "/v3/plugin?refresh=", 200, /^\[\{/],
  ["GET", "/v3/plugin/{plugin}", 200, /"network":\{"address":"[^"]+","protocol":"(tcp|unix)"\}/],
  [
    "GET",
    "/v3/plugin/{plugin}/",
    200,
    /"version":\{"plugin_version":"[^"]*","sdk_version":"[^"]*","build_date":/,
  ],
  ["GET", "/v3/plugin/{plugin}", 200, /"health":\{"timestamp":"[^"]+","status":"OK","checks":\[\{"name":/],
];

/** §1.1, §1.3: devices, and parameters blank, repeated and unknown. */
export const scanRows: readonly Row[] = [
  ["GET", "/v3/scan", 200, /^\[\{"id":"[^"]+","alias":"[^"]+","info":"[^"]+","type":/],
  ["GET", "/v3/scan/", 200, /^\[\{/],
  ["GET", "/v3/device", 200, /^\[\{/],
  ["GET", "/v3/scan?ns=&tags=&sort=&force=", 200, /^\[\{.*"latch"/],
  ["GET", "/v3/scan?unknown=1&sort=alias", 200, /^\[\{"id":"[^"]+","alias":"fan-1"/],
  ["GET", "/v3/scan?sort=sortIndex%2Ctype", 200, /^\[/],
  ["GET", "/v3/scan?sort=sort_index", 400, /sort_index/],
  ["GET", "/v3/scan?sort=alias%2C", 400, /cannot sort by/],
  ["GET", "/v3/scan?sort=alias&sort=id", 400, /sort/],
  ["GET", "/v3/scan?sort=&sort=id", 200, /^\[/],
  ["GET", "/v3/scan?ns=a&ns=b", 400, /ns/],
  ["GET", "/v3/scan?force=TRUE&force=no", 200, /^\[\{/],
  ["GET", "/v3/scan?sort=&sort=", 200, /^\[\{/],
  [
    "GET",
    "/v3/scan?sort=timestamp,id,type,plugin,info,alias,metadata,capabilities,tags,outputs,sortIndex",
    200,
    /^\[\{/,
  ],
  ["GET", "/v3/scan?sort=alias,%20id", 400, /cannot sort by {2}?id/],
  ["GET", "/v3/scan?tags=none&sort=bad", 400, /cannot sort by bad/],
  ["GET", "/v3/scan?force=maybe", 200, /^\[\{/],
  ["GET", "/v3/scan?%73ort=alias&sort", 200, /^\[\{"id":"[^"]+","alias":"fan-1"/],
];

/** §3.3: tags, groups of them, namespaces, globs. */
export const tagRows: readonly Row[] = [
  ["GET", "/v3/scan?ns=x&tags=a", 200, /^\[\{[^[]*"alias":"fan-1"[^{]*"metadata":\{\}\}\]$/],
  ["GET", "/v3/scan?tags=rack:r1,x/a&tags=none", 200, /^\[\{[^[]*"alias":"fan-1"/],
  ["GET", "/v3/scan?tags=rack:r1,", 200, /^\[\]$/],
  ["GET", "/v3/scan?tags=x/**", 200, /^\[\{/],
  ["GET", "/v3/scan?tags=type:fan", 200, /^\[\]$/],
  ["GET", "/v3/scan?tags=system/type:fan", 200, /"fan-1"/],
  ["GET", "/v3/tags", 200, /^\["default\/rack:r1","system\/type:fan",.*"x\/a"\]$/],
  ["GET", "/v3/tags?ns=x,default&ns=none", 200, /^\["default\/rack:r1","x\/a"\]$/],
  ["GET", "/v3/tags?ids=TRUE", 200, /system\/id:/],
  ["GET", "/v3/tags?ids=1", 200, /^(?!.*system\/id:)/],
  ["GET", "/v3/read?tags=none", 200, /^\[\]$/],
  ["GET", "/v3/read?tags=x/**", 200, /^\[\{/],
  ["GET", "/v3/scan?tags=system/id:{fan-1}", 200, /^\[\{[^[]*"alias":"fan-1"[^{]*"metadata":\{\}\}\]$/],
  ["GET", "/v3/scan?tags=rack%3Ar1&ns=default", 200, /"fan-1".*"probe"|"probe".*"fan-1"/],
  ["GET", "/v3/scan?tags=+rack:r1", 200, /^\[\]$/],
  ["GET", "/v3/scan?tags=Rack:r1", 200, /^\[\]$/],
  ["GET", "/v3/scan?tags=rack:**", 200, /"fan-1"/],
  ["GET", "/v3/scan?tags=ra**", 200, /^\[\]$/],
  ["GET", "/v3/scan?ns=system&tags=type:fan,id:{fan-1}", 200, /"fan-1"/],
  ["GET", "/v3/read?tags=system/type:fan,rack:r1", 200, /^\[\{"device":"{fan-1}"/],
  ["GET", "/v3/read?tags=none&tags=x/a", 200, /^\[\{"device":"{fan-1}"/],
  ["GET", "/v3/read?ns=x&tags=**", 200, /^\[\{"device":"{fan-1}"/],
  ["GET", "/v3/tags?ns=&ids=", 200, /^\["default\/rack:r1"/],
  ["GET", "/v3/tags?ns=none", 200, /^\[\]$/],
];

/** §1.4: all about one device. */
export const infoRows: readonly Row[] = [
  ["GET", "/v3/info/", 404, /^device not found: $/],
  ["GET", "/v3/info/nobody", 404, /^device not found: nobody$/],
  ["GET", "/v3/info/f%61n-1", 200, /"capabilities":\{"mode":"rw","write":\{"actions":\["speed"\]\}\}/],
  ["GET", "/v3/info/probe/", 200, /"scalingFactor":0,"unit":\{"name":"celsius","symbol":"C"\}\}\]/],
  ["GET", "/v3/info/meter", 200, /"precision":\d+,"scalingFactor":0\}\],"metadata":\{\},"sort_index":0\}$/],
  ["GET", "/v3/info/{fan-1}", 200, /"alias":"fan-1"/],
  ["GET", "/v3/info/latch", 200, /"mode":"w","write":\{"actions":\["reset"\]\}\},"tags":\["system\/id:/],
  [
    "GET",
    "/v3/info/probe",
    200,
    /"tags":\["default\/rack:r1","system\/id:[^"]+","system\/type:temperature"\]/,
  ],
  ["GET", "/v3/info/z%C3%A4hler%202", 200, /"alias":"zähler 2".*"metadata":\{"place":"Fuß\/Boden"\}/],
  ["GET", "/v3/info/z%C3%A4hler+2", 404, /zähler\+2$/],
];

/** §1.3, §1.5: readings. */
export const readRows: readonly Row[] = [
  ["GET", "/v3/device/", 404, /^plugin not found for device $/],
  ["GET", "/v3/read/", 404, /^plugin not found for device $/],
  ["GET", "/v3/read/nobody", 404, /^plugin not found for device nobody$/],
  [
    "GET",
    "/v3/read/probe/",
    200,
    /"unit":\{"name":"celsius","symbol":"C"\},"value":21\.5,"context":\{\}\}\]$/,
  ],
  ["GET", "/v3/device/meter", 200, /"unit":null,"value":18446744073709551615,"context":\{\}\}\]$/],
  ["GET", "/v3/read/latch", 405, /latch/],
  ["GET", "/v3/read?plugin=x", 400, /x/],
  ["GET", "/v3/read?plugin=&tags=&ns=", 200, /^\[\{"device":/],
  ["GET", "/v3/read?ns=a&ns=b", 400, /ns/],
  ["GET", "/v3/read?plugin={plugin}&plugin=x", 200, /^\[\{"device":/],
  [
    "GET",
    "/v3/read/{fan-1}",
    200,
    /^\[\{"device":"{fan-1}","timestamp":"[^"]+Z","type":"frequency","device_type":"fan","device_info":"fan fan-1","unit":\{/,
  ],
  ["GET", "/v3/read/z%C3%A4hler%202", 200, /"value":"nan","context":\{"place":"Fuß\/Boden"\}\}\]$/],
  ["GET", "/v3/device/{fan-1}/", 200, /"value":4200/],
];

/** §1.7: kept readings, one per line. */
export const readCacheRows: readonly Row[] = [
  ["GET", "/v3/readcache?start=x", 400, /^start is no time/],
  ["GET", "/v3/readcache?end=5m", 400, /^end is no time/],
  ["GET", "/v3/readcache?start=2031-02-30T00:00:00Z", 400, /^start is no time/],
  [
    "GET",
    "/v3/readcache?start=2031-05-06T07:08:09Z&start=2031-05-06T07:08:09Z",
    400,
    /start may be given only once/,
  ],
  [
    "GET",
    "/v3/readcache?end=2031-05-06T07:08:09Z&end=2031-05-06T07:08:09Z",
    400,
    /end may be given only once/,
  ],
  ["GET", "/v3/readcache?start=2031-05-06T07:08:11Z&end=2031-05-06T07:08:09Z", 400, /is before start/],
];

/** §1.1, §1.2: what nobody should ask is answered in JSON too. */
export const strangeRows: readonly Row[] = [
  ["GET", "/v3/read/%zz", 400, /not a valid url/],
  ["GET", "/v3/read/..", 404, /device \.\.$/],
  ["GET", "/v3/read/%2e%2e%2fscan", 404, /device \.\.\/scan$/],
  ["GET", "/v3/info/__proto__", 404, /__proto__$/],
  ["GET", "/api/buses/constructor", 404, /constructor/],
  ["GET", "/v3/scan?sort=__proto__", 400, /__proto__/],
  ["GET", "/v3/none", 404, /nothing at GET \/v3\/none/],
  ["GET", "//v3/scan", 404, /nothing/],
  ["GET", "/V3/scan", 404, /nothing/],
  ["GET", "/v3", 404, /nothing at GET \/v3$/],
  ["GET", "/v3/", 404, /nothing/],
  ["GET", "/v3/scan/more", 404, /nothing/],
  ["GET", "/v3/read/a/b", 404, /nothing/],
  ["POST", "/v3/none", 404, /nothing at POST/],
  ["PROPFIND", "/v3/scan", 404, /nothing at PROPFIND/],
];

const good = '{"action":"speed","data":"80"}';

/** §1.6, §4: writes and their transactions. */
export const writeRows: readonly Row[] = [
  ["GET", "/v3/transaction", 200, /^\[\]$/],
  ["GET", "/v3/transaction/", 404, /^transaction not found: $/],
  ["GET", "/v3/transaction/x", 404, /^transaction not found: x$/],
  [
    "POST",
    "/v3/write/fan-1",
    200,
    /^\[\{"id":"[^"]+","device":"[0-9a-f-]{36}","context":\{"action":"speed","data":"80"\},"timeout":"30s"\}\]$/,
    good,
  ],
  [
    "POST",
    "/v3/write/wait/fan-1",
    200,
    /"timeout":"30s","status":"DONE","context":\{"action":"speed","data":"80"\},"device":"fan-1"\}\]$/,
    good,
  ],
  ["POST", "/v3/write/wait/fan-1/", 200, /"DONE"/, `[${good},${good}]`],
  ["POST", "/v3/device/fan-1", 200, /"status":"DONE"/, good],
  ["POST", "/v3/write/wait", 200, /"device":"[0-9a-f-]{36}"/, good],
  [
    "POST",
    "/v3/write/fan-1",
    200,
    /"id":"a\/b c\?","device".*"transaction":"a\/b c\?"\}/,
    '{"action":"speed","data":"5","transaction":"a/b c?","more":{"__proto__":1}}',
  ],
  ["GET", "/v3/transaction/a%2Fb%20c%3F", 200, /"id":"a\/b c\?"/],
  ["POST", "/v3/write/fan-1", 409, /a\/b c\?/, '{"action":"speed","data":"5","transaction":"a/b c?"}'],
  [
    "POST",
    "/v3/write/fan-1",
    409,
    /twice/,
    '[{"action":"speed","data":"5","transaction":"twice"},{"action":"speed","transaction":"twice"}]',
  ],
  ["GET", "/v3/transaction/twice", 404, /twice/],
  [
    "POST",
    "/v3/write/fan-1",
    200,
    /"context":\{"action":"speed","data":"5"\}/,
    '{"action":"speed","data":"5","transaction":""}',
  ],
  [
    "POST",
    "/v3/write/wait/latch",
    200,
    /"context":\{"action":"reset","data":""\}/,
    '{"action":"reset","data":null,"transaction":null}',
  ],
  [
    "POST",
    "/v3/write/wait/fan-1",
    200,
    /"message":"fan-1 has no action fly[^"]*".*"status":"ERROR"/,
    '{"action":"fly"}',
  ],
  ["POST", "/v3/write/wait/fan-1", 200, /"status":"ERROR"/, '{"action":"speed","data":"101"}'],
  ["POST", "/v3/write/fan-1", 400, /not JSON/, "not json"],
  ["POST", "/v3/write/fan-1", 400, /more than 64 deep/, `${"[".repeat(10_000)}${"]".repeat(10_000)}`],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, `${"[".repeat(64)}${"]".repeat(64)}`],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, ""],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, "null"],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, "5"],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, '"speed"'],
  ["POST", "/v3/write/fan-1", 400, /a write is an object/, `[[${good}]]`],
  ["POST", "/v3/write/fan-1", 400, /empty/, "[]"],
  ["POST", "/v3/write/fan-1", 400, /needs an action/, "{}"],
  ["POST", "/v3/write/fan-1", 400, /data must be text, such as "5"/, '{"action":"speed","data":5}'],
  ["POST", "/v3/write/fan-1", 400, /action must be text/, '{"action":{}}'],
  ["POST", "/v3/write/fan-1", 400, /transaction must be text/, '{"action":"speed","transaction":5}'],
  ["POST", "/v3/write/nobody", 404, /^plugin not found for device nobody$/, good],
  ["POST", "/v3/write/", 404, /^plugin not found for device $/, good],
  ["POST", "/v3/write/probe", 405, /probe takes no writes/, good],
  ["POST", "/v3/write/wait/", 404, /^plugin not found for device $/, good],
  ["POST", "/v3/device/probe", 405, /probe takes no writes/, good],
  ["POST", "/v3/device/nobody", 404, /nobody$/, good],
  ["POST", "/v3/write/{fan-1}", 200, /"device":"{fan-1}"/, good],
  ["POST", "/v3/write/wait/{fan-1}", 200, /"device":"{fan-1}"/, good],
  ["POST", "/v3/write/wait/fan-1", 200, /"ERROR".*"DONE"/, `[{"action":"fly"},${good}]`],
  ["POST", "/v3/write/fan-1", 400, /is an object/, `[${good},null]`],
  ["POST", "/v3/write/fan-1", 400, /needs an action/, '{"action":null}'],
  [
    "POST",
    "/v3/write/fan-1",
    409,
    /kept/,
    '[{"action":"speed","data":"1","transaction":"kept"},{"action":"speed","data":"2","transaction":"kept"}]',
  ],
  ["GET", "/v3/transaction/kept", 404, /kept/],
];
