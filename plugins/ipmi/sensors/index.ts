export {
  type Analog,
  analogCounts,
  analogDifference,
  analogRaw,
  analogTolerance,
  analogValue,
} from "./analog.ts";
export type { AskOptions } from "./ask.ts";
export { absurdThresholds } from "./crossing.ts";
export { accuracyPercent } from "./conversion.ts";
export { decodeReading } from "./decode.ts";
export {
  type EventChange,
  type EventEnable,
  type EventMasks,
  type EventStatus,
  readEventEnable,
  readEventStatus,
  rearm,
  setEventEnable,
} from "./events.ts";
export { type HysteresisOf, hysteresisOf, readHysteresis, setHysteresis } from "./hysteresis.ts";
export { entityName, entityText, sensorTypeName } from "./names.ts";
export { readAll, readFactors, type ReadOptions, readSensor, unreadable } from "./read.ts";
export type { DecodeOptions, Hysteresis, SensorReading, Severity, State } from "./reading.ts";
export { type DescribeOptions, describeSensors, type Sensor } from "./sensor.ts";
export { eventTypes, severities, severityOf, stateName, stateSeverity, statesOf, worstOf } from "./states.ts";
export {
  readAllThresholds,
  readThresholds,
  setThresholds,
  type Thresholds,
  type ThresholdValues,
  thresholdValues,
} from "./thresholds.ts";
export type { Quantity } from "./units.ts";
