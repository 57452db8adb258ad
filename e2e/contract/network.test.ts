import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bridge, dockerBridge } from "../cluster/paths.ts";

/** What the kernel calls an address that somebody gave, in `addr_assign_type`. */
const GIVEN = "3";

// Where it is not given, a container that leaves takes it along, and connections of the others stand still for minutes.
test.each([bridge, dockerBridge])("$name keeps its hardware address, whatever is plugged in", ({ name, hardware }) => {
  const said = (file: string) => readFileSync(`/sys/class/net/${name}/${file}`, "utf8").trim();
  expect(said("address")).toBe(hardware);
  expect(said("addr_assign_type")).toBe(GIVEN);
});
