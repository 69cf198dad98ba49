import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { type Device, isReadable, isWritable } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import { nameOf } from "../../devices/registry.ts";
import { HttpError, sendJson, sendReady } from "../faults.ts";
import { isoTime, toJson } from "../json.ts";
import { publicConfig } from "./public-config.ts";
import { type AddRoutes, deviceNamed, param, route, type RouteParts } from "./parts.ts";
import { first, flag, selects, single, tagGroups, values } from "./query.ts";
import * as own from "./own-schemas.ts";
import * as schemas from "./schemas.ts";
import * as shapes from "./shapes.ts";

const tags = ["synse"];
const selection = {
  ns: Type.Optional(
    Type.String({ description: "Namespace of tags written without one. Default: `default`." }),
  ),
  tags: Type.Optional(
    Type.Array(Type.String(), { description: "Comma-joined tags; repeated: devices of any of the groups." }),
  ),
};
const scanQuery = Type.Object({
  ...selection,
  sort: Type.Optional(
    Type.String({ description: "Comma-joined keys. Default: `plugin,sortIndex,id`.", examples: ["alias"] }),
  ),
  force: Type.Optional(Type.String({ description: "Accepted; devices are always as they are." })),
});
const readQuery = Type.Object({
  ...selection,
  plugin: Type.Optional(Type.String({ description: "Only devices of the plugin with this id." })),
});
const tagsQuery = Type.Object({
  ns: Type.Optional(Type.Array(Type.String(), { description: "Only these namespaces." })),
  ids: Type.Optional(Type.String({ description: "`true`: with the tags that hold device ids." })),
});

/** What Synse clients read: site, devices, readings, plugins. Synse v3 §1.3. */
export const addSynseRoutes: AddRoutes = (app, parts) => {
  addSiteRoutes(app, parts);
  addDeviceRoutes(app, parts);
  addReadRoutes(app, parts);
  addPluginRoutes(app, parts);
};

function addSiteRoutes(app: FastifyInstance, parts: RouteParts): void {
  route(app, "/test", {
    GET: {
      schema: {
        tags,
        summary: "Whether the site answers.",
        response: schemas.answers(own.status, "It does."),
      },
      handler: (_request, reply) => sendJson(reply, { status: "ok", timestamp: isoTime(parts.clock.now()) }),
    },
  });
  route(app, "/version", {
    GET: {
      schema: {
        tags,
        summary: "The program's version, and that of the interface.",
        response: schemas.answers(own.version, "Both."),
      },
      handler: (_request, reply) => sendJson(reply, { version: parts.version, api_version: "v3" }),
    },
  });
  route(app, "/v3/config", {
    GET: {
      schema: {
        tags,
        summary: "The configuration, without secrets.",
        response: schemas.answers(own.config, "The configuration."),
      },
      handler: (_request, reply) => sendJson(reply, publicConfig(parts.config)),
    },
  });
}

function addDeviceRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { registry } = parts;
  const scans = new Map<string, { version: number; body: Buffer }>();
  const scan = (request: FastifyRequest): Buffer => {
    const groups = tagGroups(request);
    const sort = single(request, "sort");
    const key = JSON.stringify([groups, sort]);
    const kept = scans.get(key);
    if (kept?.version === registry.version) return kept.body;
    const devices = sorted(registry.select(groups), sort);
    const body = Buffer.from(toJson(devices.map(shapes.deviceSummary)));
    if (scans.size >= 64) scans.clear();
    scans.set(key, { version: registry.version, body });
    return body;
  };
  const scanRoute = {
    schema: {
      tags,
      summary: "Devices, all or by tags.",
      querystring: scanQuery,
      response: schemas.answers(schemas.list(schemas.device), "The devices, sorted."),
    },
    handler: (request: FastifyRequest, reply: Parameters<typeof sendReady>[0]) =>
      sendReady(reply, scan(request)),
  };
  route(app, "/v3/scan", { GET: scanRoute });
  route(app, "/v3/device", { GET: scanRoute }, false);
  route(app, "/v3/tags", {
    GET: {
      schema: {
        tags,
        summary: "Tags of all devices.",
        querystring: tagsQuery,
        response: schemas.answers(schemas.texts, "The tags, sorted."),
      },
      handler: (request, reply) =>
        sendJson(reply, tagList(registry.all(), namespaces(request), flag(request, "ids"))),
    },
  });
  let known = { version: -1, since: 0 };
  route(app, "/v3/info/:device", {
    GET: {
      schema: {
        tags,
        summary: "All about one device, by id or alias.",
        response: schemas.answers(schemas.deviceInfo, "The device."),
      },
      handler: (request, reply) => {
        const name = param(request, "device");
        const device = deviceNamed(parts, name, `device not found: ${name}`);
        if (known.version !== registry.version)
          known = { version: registry.version, since: parts.clock.now() };
        return sendJson(reply, shapes.deviceInfo(device, known.since));
      },
    },
  });
}

const namespaces = (request: FastifyRequest): readonly string[] =>
  values(request, "ns")
    .flatMap((list) => list.split(","))
    .filter((ns) => ns !== "");

function tagList(devices: readonly Device[], spaces: readonly string[], ids: boolean): readonly string[] {
  const found = new Set(devices.flatMap((device) => device.tags));
  return [...found]
    .filter((tag) => ids || !tag.startsWith("system/id:"))
    .filter((tag) => spaces.length === 0 || spaces.includes(tag.split("/")[0] ?? ""))
    .sort(byCodePoint);
}

const byCodePoint = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

/** What devices can be sorted by, under the names Synse clients use. */
const sortKeys: Readonly<Record<string, (device: Device) => string | number>> = {
  timestamp: () => 0,
  id: (device) => device.id,
  type: (device) => device.type,
  plugin: (device) => device.plugin,
  info: (device) => device.info,
  alias: (device) => device.alias ?? "",
  metadata: (device) => JSON.stringify(device.context),
  capabilities: (device) => (isReadable(device) ? 1 : 0) + (isWritable(device) ? 2 : 0),
  tags: (device) => device.tags.join(","),
  outputs: (device) => device.outputs.map(({ output }) => output.name).join(","),
  sortIndex: (device) => device.sortIndex,
};

function sorted(devices: readonly Device[], sort: string | undefined): readonly Device[] {
  if (sort === undefined) return devices;
  const keys = sort.split(",").map((name) => {
    const key = Object.hasOwn(sortKeys, name) ? sortKeys[name] : undefined;
    if (key === undefined)
      throw new HttpError(400, `cannot sort by ${name}; known: ${Object.keys(sortKeys).join(", ")}`);
    return key;
  });
  return [...devices].sort((a, b) => keys.reduce((order, key) => order || byCodePoint(key(a), key(b)), 0));
}

function addReadRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { registry, json } = parts;
  const everything = (): readonly Device[] => registry.all();
  route(
    app,
    "/v3/read",
    {
      GET: {
        schema: {
          tags,
          summary: "The latest readings of devices, all or by tags.",
          querystring: readQuery,
          response: schemas.answers(schemas.list(schemas.reading), "The readings, by device."),
        },
        handler: (request, reply) => {
          if (!request.url.includes("?")) return sendReady(reply, json.ofSelection("", everything));
          const groups = tagGroups(request);
          const plugin = knownPlugin(parts, first(request, "plugin"));
          const select = (): readonly Device[] =>
            registry
              .all()
              .filter((device) => selects(groups, device) && (plugin ?? device.plugin) === device.plugin);
          return sendReady(reply, json.ofSelection(JSON.stringify([groups, plugin]), select));
        },
      },
    },
    false,
  );
  const readDevice = {
    schema: {
      tags,
      summary: "The latest readings of one device, by id or alias.",
      response: schemas.answers(schemas.list(schemas.reading), "The readings, one per output."),
    },
    handler: (request: FastifyRequest, reply: Parameters<typeof sendReady>[0]) => {
      const device = deviceNamed(parts, param(request, "device"));
      if (!isReadable(device)) throw new BothyError("NOT_READABLE", { source: nameOf(device) });
      return sendReady(reply, json.ofDevice(device));
    },
  };
  route(app, "/v3/read/:device", { GET: readDevice });
}

function knownPlugin(parts: RouteParts, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const known = shapes.pluginParts(parts.config.site, parts.plugins, parts.buses.values());
  if (!known.some((part) => part.id === id)) throw new HttpError(400, `there is no plugin ${id}`);
  return id;
}

function addPluginRoutes(app: FastifyInstance, parts: RouteParts): void {
  const all = shapes.pluginParts(parts.config.site, parts.plugins, parts.buses.values());
  route(
    app,
    "/v3/plugin",
    {
      GET: {
        schema: {
          tags,
          summary: "The plugins.",
          response: schemas.answers(schemas.list(own.pluginSummary), "The plugins."),
        },
        handler: (_request, reply) => sendJson(reply, all.map(shapes.pluginSummary)),
      },
    },
    false,
  );
  route(app, "/v3/plugin/health", {
    GET: {
      schema: {
        tags,
        summary: "Which plugins have all their buses open.",
        response: schemas.answers(own.pluginHealth, "Their ids."),
      },
      handler: (_request, reply) => {
        const healthy = all.filter(shapes.isHealthy).map(({ id }) => id);
        const unhealthy = all.filter((part) => !shapes.isHealthy(part)).map(({ id }) => id);
        return sendJson(reply, {
          status: unhealthy.length === 0 ? "healthy" : "unhealthy",
          updated: isoTime(parts.clock.now()),
          healthy,
          unhealthy,
          active: all.length,
          inactive: 0,
        });
      },
    },
  });
  route(app, "/v3/plugin/:id", {
    GET: {
      schema: {
        tags,
        summary: "All about one plugin, the state of its buses included.",
        response: schemas.answers(own.pluginInfo, "The plugin."),
      },
      handler: (request, reply) => {
        const id = param(request, "id");
        const found = all.find((part) => part.id === id);
        if (found === undefined) throw new HttpError(404, `plugin not found: ${id}`);
        return sendJson(reply, shapes.pluginInfo(found, parts.clock.now()));
      },
    },
  });
}
