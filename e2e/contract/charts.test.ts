import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { installations, refusedValues } from "./charts.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** What helm makes of the chart; throws with its words. */
async function template(flags: readonly string[]): Promise<readonly Rendered[]> {
  const { QI_HELM: helm } = process.env;
  if (helm === undefined || helm === "") throw new Error("QI_HELM is not set: it names helm's binary.");
  const { stdout } = await run(helm, ["template", "a-release", "charts/qi-learning", ...flags], { cwd: root });
  return parseAllDocuments(stdout).flatMap((document) => {
    const object: unknown = document.toJS();
    return object === null ? [] : [rendered.parse(object)];
  });
}

const container = z.looseObject({
  name: z.string(),
  securityContext: z.unknown(),
  resources: z.looseObject({ limits: z.record(z.string(), z.unknown()) }),
});
const podSpec = z.looseObject({
  securityContext: z.unknown(),
  containers: z.array(container).min(1),
  initContainers: z.array(container).default([]),
});
const rendered = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  rules: z
    .array(
      z.looseObject({ apiGroups: z.array(z.string()), resources: z.array(z.string()), verbs: z.array(z.string()) }),
    )
    .optional(),
  spec: z
    .looseObject({
      template: z
        .looseObject({ metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }), spec: podSpec })
        .optional(),
      podSelector: z
        .looseObject({
          matchLabels: z.record(z.string(), z.string()).default({}),
          matchExpressions: z.array(z.unknown()).default([]),
        })
        .optional(),
    })
    .optional(),
});
type Rendered = z.output<typeof rendered>;

describe("the chart refuses", () => {
  it.each(refusedValues)("%s", async (_, set, words) => {
    await expect(template(["--set", set])).rejects.toThrow(words);
  });
});

describe.each(installations)("an installation %s", (_, flags) => {
  it("has only containers that may do no more than they must", async () => {
    const objects = await template(flags);
    const pods = objects.flatMap(({ spec }) => (spec?.template === undefined ? [] : [spec.template.spec]));
    expect(pods.length).toBeGreaterThan(0);
    for (const pod of pods) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
      for (const each of [...pod.containers, ...pod.initContainers]) {
        expect(each.securityContext, each.name).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(each.resources.limits, each.name).toHaveProperty("memory");
      }
    }
  });

  it("grants nothing by wildcard, and outside its namespace only the question whose a token is", async () => {
    const objects = await template(flags);
    const all = objects.filter(({ kind }) => kind.endsWith("Role"));
    const outside = all.filter(({ kind }) => kind === "ClusterRole");
    expect(all.length).toBeGreaterThan(outside.length);
    expect(outside.flatMap(({ rules }) => rules ?? [])).toEqual([
      { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
    ]);
    for (const { rules = [] } of all) {
      for (const { apiGroups, resources, verbs } of rules) {
        expect([...apiGroups, ...resources, ...verbs].join(" ")).not.toContain("*");
      }
    }
  });

  it("lets nobody reach a pod that no NetworkPolicy speaks of", async () => {
    const objects = await template(flags);
    const selectors = objects.flatMap(({ kind, spec }) =>
      kind === "NetworkPolicy" && spec?.podSelector !== undefined ? [spec.podSelector] : [],
    );
    for (const { kind, metadata, spec } of objects) {
      const labels = spec?.template?.metadata.labels;
      if (labels === undefined) continue;
      const covered = selectors.some(
        ({ matchLabels, matchExpressions }) =>
          matchExpressions.length === 0 && Object.entries(matchLabels).every(([key, value]) => labels[key] === value),
      );
      expect(covered, `${kind} ${metadata.name}`).toBe(true);
    }
  });
});
