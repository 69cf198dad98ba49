import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { sendJson } from "../faults.ts";
import { sendReady } from "../ready.ts";
import { type AddRoutes, param, route, type RouteParts } from "./parts.ts";
import { addReadCacheRoutes } from "./read-cache.ts";
import { first, flag, single, tagGroups, values } from "./query.ts";
import * as own from "./own-schemas.ts";
import * as schemas from "./schemas.ts";

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
  force: Type.Optional(
    Type.String({
      description: "`true`: plugins that run by themselves are first asked which devices they have now.",
    }),
  ),
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
  addReadCacheRoutes(app, parts);
  addPluginRoutes(app, parts);
};

function addSiteRoutes(app: FastifyInstance, { synse }: RouteParts): void {
  route(app, "/test", {
    GET: {
      needs: undefined,
      schema: {
        tags,
        summary: "Whether the site answers.",
        response: schemas.answers(own.status, "It does."),
      },
      handler: (_request, reply) => sendJson(reply, synse.status()),
    },
  });
  route(app, "/version", {
    GET: {
      schema: {
        tags,
        summary: "The program's version, and that of the interface.",
        response: schemas.answers(own.version, "Both."),
      },
      handler: (_request, reply) => sendJson(reply, synse.version()),
    },
  });
  route(app, "/v3/config", {
    GET: {
      schema: {
        tags,
        summary: "The configuration, without secrets.",
        response: schemas.answers(own.config, "The configuration."),
      },
      handler: (request, reply) => sendJson(reply, synse.config(request.principal)),
    },
  });
}

function addDeviceRoutes(app: FastifyInstance, { synse }: RouteParts): void {
  const scanRoute = {
    schema: {
      tags,
      summary: "Devices, all or by tags.",
      querystring: scanQuery,
      response: schemas.answers(schemas.list(schemas.device), "The devices, sorted."),
    },
    handler: async (request: FastifyRequest, reply: Parameters<typeof sendReady>[0]) => {
      if (flag(request, "force")) await synse.lookAgain();
      return sendReady(reply, synse.scan(request.principal, tagGroups(request), single(request, "sort")), {
        tagged: true,
      });
    },
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
        sendJson(reply, synse.tags(request.principal, namespaces(request), flag(request, "ids"))),
    },
  });
  route(app, "/v3/info/:device", {
    GET: {
      schema: {
        tags,
        summary: "All about one device, by id or alias.",
        response: schemas.answers(schemas.deviceInfo, "The device."),
      },
      handler: (request, reply) =>
        sendReady(reply, synse.devices.infoText(request.principal, param(request, "device")), {
          tagged: true,
        }),
    },
  });
}

const namespaces = (request: FastifyRequest): readonly string[] =>
  values(request, "ns")
    .flatMap((list) => list.split(","))
    .filter((ns) => ns !== "");

function addReadRoutes(app: FastifyInstance, { synse }: RouteParts): void {
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
          const { principal, url } = request;
          // Nothing to look for in the usual case.
          if (!url.includes("?")) return sendReady(reply, synse.read(principal, []));
          const groups = tagGroups(request);
          return sendReady(reply, synse.read(principal, groups, first(request, "plugin")));
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
    handler: (request: FastifyRequest, reply: Parameters<typeof sendReady>[0]) =>
      sendReady(reply, synse.readDevice(request.principal, param(request, "device"))),
  };
  route(app, "/v3/read/:device", { GET: readDevice });
}

function addPluginRoutes(app: FastifyInstance, { synse }: RouteParts): void {
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
        handler: async (request, reply) => {
          if (flag(request, "refresh")) await synse.lookAgain();
          return sendJson(reply, synse.plugins.list());
        },
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
      handler: (_request, reply) => sendJson(reply, synse.plugins.health()),
    },
  });
  route(app, "/v3/plugin/:id", {
    GET: {
      schema: {
        tags,
        summary: "All about one plugin, the state of its buses included.",
        response: schemas.answers(own.pluginInfo, "The plugin."),
      },
      handler: (request, reply) => sendJson(reply, synse.plugin(request.principal, param(request, "id"))),
    },
  });
}
