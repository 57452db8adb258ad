import { afterAll, beforeAll, describe } from "vitest";
import { apiServer } from "./api-server.ts";
import { badInput } from "./bad-input.ts";
import { dataPlane } from "./data-plane.ts";
import { interruptions } from "./interruptions.ts";
import { life } from "./life.ts";
import { secondInstall } from "./second-install.ts";
import { serving } from "./serving.ts";
import { closeStage, openStage, type Stage } from "./stage.ts";
import { together } from "./together.ts";

// One installation for all of them, in this order: what takes the API server away comes last.
let opened: Stage | undefined;
const stage = (): Stage => {
  if (opened === undefined) throw new Error("the stage could not be set: see the error above");
  return opened;
};

beforeAll(async () => {
  opened = await openStage("qi-scenarios");
});
afterAll(async () => {
  if (opened !== undefined) await closeStage(opened);
});

describe("bad input", () => badInput(stage));
describe("the life of a run", () => life(stage));
describe("interruptions", () => interruptions(stage));
describe("several pods", () => together(stage));
describe("serving", () => serving(stage));
describe("the data plane", () => dataPlane(stage));
describe("a second installation", () => secondInstall(stage));
describe("the API server restarts", () => apiServer(stage));
