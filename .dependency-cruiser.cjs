// The import rule: imports point left, devices <- plugins, controllers, history <- fleet <- graphql <- server.
const may = {
  devices: [],
  plugins: ["devices"],
  // What runs in a browser too.
  client: [],
  controllers: ["devices"],
  server: ["devices", "plugins", "controllers", "simulators", "client"],
  simulators: [],
};
const ours = `^(${[...Object.keys(may), "test", "bench"].join("|")})/`;
const code = (path) => ({ path, pathNot: "\\.test\\.ts$" });
module.exports = {
  forbidden: [
    ...Object.entries(may).map(([name, lower]) => ({
      name: `layer-${name}`,
      comment: `${name}/ may import only ${[name, ...lower].join(", ")}`,
      severity: "error",
      from: code(`^${name}/`),
      to: { path: ours, pathNot: `^(${[name, ...lower].join("|")})/` },
    })),
    {
      name: "plugins-are-islands",
      severity: "error",
      from: code("^plugins/([^/]+)/"),
      to: { path: "^plugins/", pathNot: "^plugins/($1|transport)/" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { pathNot: "node_modules" } },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "node_modules|dist" },
  },
};
