import { describe, expect, it } from "vitest";
import { contains } from "./contains.ts";
import { ownedThroughApply } from "./managed.ts";

describe("contains", () => {
  const observed = {
    spec: {
      containers: [
        { name: "added-by-another", image: "x" },
        {
          name: "main",
          image: "m:1",
          imagePullPolicy: "Always",
          ports: [{ containerPort: 80, protocol: "TCP" }],
          args: ["a", "b"],
        },
      ],
      replicas: 3,
    },
  };
  it.each([
    [
      "defaults added",
      { spec: { containers: [{ name: "main", image: "m:1", ports: [{ containerPort: 80 }] }] } },
      true,
    ],
    ["an empty map, which the server drops", { spec: { nodeSelector: {} } }, true],
    ["null, which is absence", { spec: { paused: null } }, true],
    ["another value", { spec: { containers: [{ name: "main", image: "m:2" }] } }, false],
    ["another item", { spec: { containers: [{ name: "second" }] } }, false],
    ["a list of values in another order", { spec: { containers: [{ name: "main", args: ["b", "a"] }] } }, false],
    ["a list of values that is shorter", { spec: { containers: [{ name: "main", args: ["a"] }] } }, false],
    ["a field that is missing", { spec: { minReadySeconds: 0 } }, false],
  ])("%s", (_, planned, expected) => {
    expect(contains(observed, planned)).toBe(expected);
  });
});

describe("ownedThroughApply", () => {
  const fields = { "f:spec": { "f:replicas": {}, "f:template": {} } };
  it("turns what we own as creator into what we own through apply, and lets the exceptions go", () => {
    const others = { manager: "kubelet", operation: "Update" as const, subresource: "status" };
    const entries = [others, { manager: "us", operation: "Update" as const, fieldsV1: fields }];
    expect(ownedThroughApply(entries, "us", [["f:spec", "f:replicas"]])).toEqual([
      others,
      { manager: "us", operation: "Apply", fieldsV1: { "f:spec": { "f:template": {} } } },
    ]);
  });
  it("has nothing to do once that is so, or for a status", () => {
    expect(ownedThroughApply([{ manager: "us", operation: "Apply", fieldsV1: fields }], "us")).toBeUndefined();
    expect(ownedThroughApply([{ manager: "us", operation: "Update", subresource: "status" }], "us")).toBeUndefined();
  });
});
