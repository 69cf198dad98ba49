import type { SiteParameters } from "./parameters.ts";
import { type RandomStream, roughNormal } from "./random.ts";
import type { ServerCommand, ServerFault } from "./commands.ts";
import type { ServerState } from "./state.ts";

export type ServerParameters = SiteParameters["servers"];

const bootShare = 0.8; // of the busy power
const stoppingShare = 0.5; // of the utilisation while it shuts down
const deepestLimit = 0.6; // of the idle power: no limit brings a server below
const coolBy = 1; // K below the throttling temperature before it works at full speed again
const wanderEvery = 60; // s
const wanderBack = 900; // s, time constant with which the load returns to its mean
const fanThreshold = 25; // °C at the inlet from which its fans speed up
const mostFan = 4; // times their power at rest

export const createServer = (parameters: ServerParameters, inlet: number): ServerState => ({
  phase: "running",
  inPhase: Infinity,
  utilisation: parameters.utilisation,
  wander: 0,
  wanderIn: 0,
  throttled: false,
  hot: 0,
  watts: serverPower(parameters, parameters.utilisation, inlet),
  fanWatts: serverFanPower(parameters, inlet),
  exhaust: inlet,
  hardStops: 0,
});

/** What a server's own fans draw, W. @param inlet °C */
function serverFanPower(p: ServerParameters, inlet: number): number {
  if (inlet <= fanThreshold) return p.fanWatts;
  const speed = 1 + (inlet - fanThreshold) / 10;
  return p.fanWatts * Math.min(mostFan, speed * speed * speed);
}

/** What a server at work draws, W, its fans included. @param utilisation 0..1 @param inlet °C */
export const serverPower = (p: ServerParameters, utilisation: number, inlet: number): number =>
  p.idleWatts + (p.busyWatts - p.idleWatts) * utilisation + serverFanPower(p, inlet);

export interface ServerStep {
  readonly parameters: ServerParameters;
  readonly powered: boolean;
  readonly inlet: number;
  readonly fault: ServerFault;
  readonly dt: number;
  readonly random: RandomStream;
}

/** One server: what it does, and what it draws. */
export function stepServer(server: ServerState, command: ServerCommand, at: ServerStep): void {
  const { parameters: p, dt, inlet } = at;
  server.inPhase += dt;
  if (command.activity >= 0) followHost(server, command, at);
  else live(server, command, at);
  watchHeat(server, at);
  wander(server, command, at);
  server.fanWatts = 0;
  server.watts = draw(server, command, at);
  server.exhaust = server.phase === "unpowered" ? inlet : inlet + server.watts / p.airRate;
}

function enter(server: ServerState, phase: ServerState["phase"]): void {
  if (server.phase === phase) return;
  if (phase === "unpowered" && (server.phase === "running" || server.phase === "booting")) server.hardStops++;
  server.phase = phase;
  server.inPhase = 0;
}

/** Somebody else decides what the server does. */
function followHost(server: ServerState, { activity }: ServerCommand, { powered }: ServerStep): void {
  if (!powered) enter(server, "unpowered");
  else if (activity === 0) enter(server, "standby");
  else if (server.phase === "tripped") return;
  else if (activity >= 1) enter(server, "running");
  else enter(server, "booting");
}

function live(
  server: ServerState,
  { run }: ServerCommand,
  { parameters: p, powered, fault }: ServerStep,
): void {
  const { phase, inPhase } = server;
  if (!powered) enter(server, "unpowered");
  else if (fault === "dead") enter(server, "standby");
  else if (phase === "unpowered" || phase === "standby") enter(server, run ? "booting" : "standby");
  else if (phase === "booting" && inPhase >= p.bootSeconds) enter(server, "running");
  else if (phase === "running" && !run) enter(server, "stopping");
  else if (phase === "stopping" && inPhase >= p.shutdownSeconds) enter(server, "standby");
  else if (phase === "tripped" && !run) enter(server, "standby");
}

/** Slower when hot; off after too long at too high a temperature. Dead fans of its own make it hotter inside. */
function watchHeat(server: ServerState, { parameters: p, inlet, dt, fault }: ServerStep): void {
  const felt = fault === "fans" ? inlet + 15 : inlet;
  if (felt >= p.throttleAt) server.throttled = true;
  else if (felt < p.throttleAt - coolBy) server.throttled = false;
  const works = server.phase === "running" || server.phase === "booting" || server.phase === "stopping";
  server.hot = works && felt > p.tripAt ? server.hot + dt : 0;
  if (server.hot >= p.tripSeconds) enter(server, "tripped");
}

function wander(
  server: ServerState,
  { utilisation }: ServerCommand,
  { parameters: p, dt, random }: ServerStep,
): void {
  if (p.wander > 0) {
    server.wanderIn -= dt;
    if (server.wanderIn <= 0) {
      const kept = Math.exp(-wanderEvery / wanderBack);
      server.wander = kept * server.wander + p.wander * Math.sqrt(1 - kept * kept) * roughNormal(random);
      server.wanderIn += Math.max(wanderEvery, dt);
    }
  }
  server.utilisation = Math.min(1, Math.max(0, utilisation + server.wander));
}

function draw(server: ServerState, command: ServerCommand, at: ServerStep): number {
  const { parameters: p } = at;
  if (server.phase === "unpowered") return 0;
  if (server.phase === "standby" || server.phase === "tripped") return p.standbyWatts;
  server.fanWatts = at.fault === "fans" ? 0 : serverFanPower(p, at.inlet);
  return limited(working(server, command, p), command.limit, p) + server.fanWatts;
}

const limited = (watts: number, limit: number, p: ServerParameters): number =>
  Math.min(watts, Math.max(limit, deepestLimit * p.idleWatts));

/** Without fans. */
function working(server: ServerState, { activity }: ServerCommand, p: ServerParameters): number {
  const slower = server.throttled ? p.throttledShare : 1;
  const span = p.busyWatts - p.idleWatts;
  if (activity >= 0) return (p.idleWatts + span * server.utilisation) * slower * activity;
  if (server.phase === "booting") return bootShare * p.busyWatts;
  const use = server.phase === "stopping" ? stoppingShare * server.utilisation : server.utilisation;
  return (p.idleWatts + span * use) * slower;
}
