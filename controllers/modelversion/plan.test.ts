import { describe, expect, it } from "vitest";
import { sidecarConfig } from "../../src/sidecar/config.ts";
import { loosePolicy, NOW, policy, sha, unknown, version } from "../common/objects.fixture.ts";
import { readFrozen } from "./objects.ts";
import { ADDRESS, columns, deployed, frozenOf, planFor, says, servingPod } from "./version.fixture.ts";

describe("a version that is deleted", () => {
  it("leaves what it owns to garbage collection", () => {
    const [, ...rest] = deployed();
    const planned = planFor([version({}, { deletionTimestamp: "2026-11-22T13:59:00Z" }), ...rest]);
    expect(planned.why).toEqual(["the version is being deleted: its Deployment and Service go with it"]);
    expect(planned).toMatchObject({ create: [], apply: [], remove: [] });
    expect(planned.status).toBeUndefined();
  });
});

describe("a version that cannot be served", () => {
  it("fails with the field's path when an older, looser CRD let its spec in", () => {
    const artifact = { uri: "s3://learning/models/9c", sha256: "short", format: "GGUF", quantization: "Q8_0" };
    const planned = planFor([version({ artifact }), policy()]);
    expect(planned.why).toEqual(["cannot be served: InvalidSpec"]);
    expect(planned.status?.message).toContain("spec.artifact.sha256");
    expect(columns(planned)).toBe("Failed – – – InvalidSpec");
  });

  it("fails when its artifact lies outside what the installer allows", () => {
    const artifact = { uri: "s3://others/9c", sha256: sha("9"), format: "GGUF", quantization: "Q8_0" };
    const planned = planFor([version({ artifact }), policy()]);
    expect(planned).toMatchObject({ create: [], why: ["cannot be served: UriNotAllowed"] });
  });

  it("waits for its policy", () => {
    const planned = planFor([version()]);
    expect(planned).toMatchObject({ create: [], requeueAfter: 30_000 });
    expect(planned.why).toEqual([
      "QualityPolicy coder does not exist in this namespace: create it, or leave policyRef out.",
    ]);
    expect(columns(planned)).toBe("Pending – – – PolicyNotFound");
  });

  it("waits, and freezes nothing, while that policy is one that an older CRD let in", () => {
    const planned = planFor([version(), loosePolicy({ serving: { replicas: 0 } })]);
    expect(planned.create).toEqual([]);
    expect(columns(planned)).toBe("Pending – – – PolicyInvalid");
    expect(planned.why[0]).toContain("spec.serving.replicas");
  });
});

describe("freezing", () => {
  const spec = {
    servedModel: "qi-coder",
    serving: { image: "ollama:of-the-policy", replicas: 2, contextLength: 4096, parallel: 2, resources: { gpus: 0 } },
  };

  it("records the pod template before the first pod exists, and nothing else", () => {
    const planned = planFor([version(), policy(spec)]);
    expect(planned).toMatchObject({ apply: [], why: ["recording the pod template"] });
    expect(planned.create).toMatchObject([
      {
        kind: "ConfigMap",
        immutable: true,
        metadata: { name: "coder-9c41d7aa-serving", ownerReferences: [{ kind: "ModelVersion", controller: true }] },
      },
    ]);
    expect(columns(planned)).toBe("Pending – – – Freezing");
  });

  it("takes what the policy says, and the operator's defaults for what it does not", () => {
    const frozen = readFrozen(frozenOf(version(), policy(spec)));
    expect(frozen.replicas).toBe(2);
    const [ollama] = frozen.podTemplate.spec?.containers ?? [];
    expect(ollama).toMatchObject({ image: "ollama:of-the-policy", resources: { limits: { memory: "4Gi" } } });
    expect(ollama?.env).toContainEqual({ name: "OLLAMA_CONTEXT_LENGTH", value: "4096" });
    expect(ollama?.env).toContainEqual({ name: "OLLAMA_HOST", value: "127.0.0.1:11434" });
    expect(JSON.stringify(frozen)).not.toContain("nvidia.com/gpu");
  });

  it("puts the sidecar before Ollama and after it, and asks it alone for readiness", () => {
    const { spec: pod } = readFrozen(frozenOf(version(), policy())).podTemplate;
    expect(pod?.initContainers).toMatchObject([
      { name: "sidecar", restartPolicy: "Always", readinessProbe: { httpGet: { path: "/ready", port: 8080 } } },
    ]);
    expect(pod?.initContainers?.[0]?.startupProbe).toBeUndefined();
    expect(pod?.containers[0]?.lifecycle).toMatchObject({
      preStop: { httpGet: { path: "/drain?seconds=300", port: 8080 } },
    });
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(300);
  });

  it("configures the sidecar as the sidecar reads it", () => {
    const map = frozenOf(version(), policy(spec));
    expect(sidecarConfig.parse(JSON.parse(map.data?.["sidecar.json"] ?? ""))).toMatchObject({
      modelVersion: { namespace: "learning", name: "coder-9c41d7aa", uid: "uid-of-coder-9c41d7aa" },
      model: "coder-9c41d7aa",
      aliases: ["qi-coder"],
      artifact: { uri: "s3://learning/models/9c", sha256: sha("9"), template: "{{ .Prompt }}" },
      contextLength: 4096,
      parallel: 2,
    });
  });

  it("keeps a version's own template and parameters", () => {
    const artifact = {
      ...version().spec.artifact,
      template: "T",
      parameters: { temperature: 0, stop: ["<|im_end|>"] },
    };
    const map = frozenOf(version({ artifact }), policy());
    expect(sidecarConfig.parse(JSON.parse(map.data?.["sidecar.json"] ?? "")).artifact).toMatchObject({
      template: "T",
      parameters: { temperature: 0, stop: ["<|im_end|>"] },
    });
  });

  it("needs no policy when the version names none", () => {
    const map = frozenOf(version({ policyRef: undefined }));
    expect(JSON.parse(map.data?.["sidecar.json"] ?? "").aliases).toEqual([]);
  });
});

describe("serving", () => {
  const ready = { [ADDRESS]: says("Ready") };

  it("creates Service and Deployment from what was frozen", () => {
    const [subject, of, map] = deployed();
    const planned = planFor([subject, of, map]);
    expect(planned.why).toEqual(["creating Deployment and Service"]);
    expect(planned.apply).toMatchObject([
      { kind: "Service", spec: { ports: [{ port: 11434, targetPort: 8080 }] } },
      { kind: "Deployment", spec: { replicas: 1, template: readFrozen(map).podTemplate } },
    ]);
    expect(columns(planned)).toBe("Pending – – – Starting");
  });

  it("restarts no model for another release of the operator, nor for another policy, nor for none", () => {
    const [subject, of, map, running] = deployed();
    const before = planFor([subject, of, map, running]).apply;
    const after = { image: "next:2", allowedUris: ["s3://elsewhere"] };
    expect(planFor([subject, policy({ serving: { replicas: 9 } }), map, running], after).apply).toEqual(before);
    expect(planFor([subject, map, running], after).apply).toEqual(before);
    const loose = version({ artifact: { ...subject.spec.artifact, format: "GGML" } });
    expect(planFor([loose, map, running], after).apply).toEqual(before);
  });

  it("is Available once a pod answers from exactly the artifact, and tells so once", () => {
    const planned = planFor([...deployed(), servingPod()], { sidecars: ready });
    expect(planned.why).toEqual(["1 of 1 pods answer from the artifact."]);
    expect(planned.status).toMatchObject({
      servedDigest: sha("9"),
      readyReplicas: 1,
      endpoint: "http://coder-9c41d7aa.learning.svc:11434",
      pods: [{ name: "coder-9c41d7aa-1", state: "Ready" }],
    });
    expect(planned.events).toMatchObject([{ type: "Normal", reason: "Available" }]);
    expect(columns(planned)).toBe("Available – – – –");
    const [, ...rest] = deployed();
    const again = planFor([version({}, {}, planned.status), ...rest, servingPod()], { sidecars: ready });
    expect(again.events).toEqual([]);
    expect(again.status).toEqual(planned.status);
  });

  it.each([
    ["Kubernetes does not say that the pod is ready", servingPod({ ready: false }), says("Ready")],
    ["the sidecar is not ready", servingPod(), says("Loading")],
    ["it answers from another file", servingPod(), says("Ready", { servedDigest: sha("0") })],
    ["the sidecar does not say from what it answers", servingPod(), says("Ready", { servedDigest: undefined })],
    ["the sidecar has not been asked yet", servingPod(), unknown],
  ])("is not Available while %s", (_, pod, said) => {
    const planned = planFor([...deployed(), pod], { sidecars: { [ADDRESS]: said } });
    expect(planned.status?.phase).not.toBe("Available");
    expect(planned.status?.servedDigest).toBeUndefined();
    expect(planned.status?.conditions).toContainEqual(expect.objectContaining({ type: "Available", status: "False" }));
  });

  it("that was Available stays so while its sidecar cannot be asked, for as long as Kubernetes calls it ready", () => {
    const [, ...rest] = deployed();
    const served = planFor([version(), ...rest, servingPod()], { sidecars: ready }).status;
    const restarted = planFor([version({}, {}, served), ...rest, servingPod()]);
    expect(restarted.status).toMatchObject({ phase: "Available", servedDigest: sha("9"), readyReplicas: 1 });
    expect(restarted.events).toEqual([]);
    const down = planFor([version({}, {}, served), ...rest, servingPod({ ready: false })]);
    expect(down.status?.phase).toBe("Pending");
    expect(down.status?.servedDigest).toBeUndefined();
  });

  it.each([
    ["loading", says("Waiting", { reason: "StoreUnavailable", nextAttemptTime: "2026-11-22T14:00:30.000Z" })],
    ["refused", says("Failed", { reason: "DigestMismatch" })],
  ])("that was %s stays so until its sidecar has been asked again, for half a minute", (_, said) => {
    const [, ...rest] = deployed();
    const pod = servingPod({ ready: false });
    const before = planFor([version(), ...rest, pod], { sidecars: { [ADDRESS]: said } }).status;
    expect(planFor([version({}, {}, before), ...rest, pod]).status).toEqual(before);
    const later = planFor([version({}, {}, before), ...rest, pod], { now: NOW + 30_000 }).status;
    expect(later).toMatchObject({ phase: "Pending", pods: [{ state: "Unknown", reason: "NoAnswer" }] });
  });

  it.each([
    ["Fetching", says("Fetching"), "Loading – – – Fetching"],
    [
      "waiting for the store",
      says("Waiting", { reason: "StoreUnavailable", nextAttemptTime: "2026-11-22T14:00:30.000Z" }),
      "Loading – – – StoreUnavailable",
    ],
    ["refused by the digest, for good", says("Failed", { reason: "DigestMismatch" }), "Failed – – – DigestMismatch"],
    ["draining", says("Draining"), "Loading – – – Draining"],
    ["not asked yet", unknown, "Pending – – – Starting"],
  ])("says what its sidecar says: %s", (_, said, printed) => {
    const planned = planFor([...deployed(), servingPod({ ready: false })], { sidecars: { [ADDRESS]: said } });
    expect(columns(planned)).toBe(printed);
    if ("known" in said) expect(planned.status?.nextAttemptTime).toBe(said.known.nextAttemptTime);
  });

  it("says what is wrong with a pod that has no address to ask", () => {
    const gpu = {
      type: "PodScheduled",
      status: "False",
      message: "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
    };
    const pod = servingPod({ ip: "", status: { phase: "Pending", conditions: [gpu] } });
    const planned = planFor([...deployed(), pod]);
    expect(columns(planned)).toBe("Pending – – – InsufficientGPU");
    expect(planned.status?.pods).toMatchObject([{ state: "Starting", message: "The pod has no address yet." }]);
  });

  it("says that Ollama keeps crashing, whatever the sidecar thinks it is waiting for", () => {
    const status = { containerStatuses: [{ name: "ollama", restartCount: 3 }] };
    const said = { [ADDRESS]: says("Waiting", { reason: "OllamaUnavailable" }) };
    const planned = planFor([...deployed(), servingPod({ ready: false, status })], { sidecars: said });
    expect(columns(planned)).toBe("Loading – – – EngineCrashing");
    expect(planned.status?.message).toContain("serving.resources.memory");
  });

  it("tells of a verdict about the artifact before a pod that only waits, and of neither while another pod serves", () => {
    const waiting = servingPod({ name: "a", ip: "10.0.0.2", ready: false });
    const pods = [waiting, servingPod({ ready: false })];
    const failed = says("Failed", { reason: "LoadFailed" });
    const sidecars = { "10.0.0.2:8080": says("Fetching"), [ADDRESS]: failed };
    expect(columns(planFor([...deployed(), ...pods], { sidecars }))).toBe("Failed – – – LoadFailed");
    const one = { "10.0.0.2:8080": failed, [ADDRESS]: says("Ready") };
    const planned = planFor([...deployed(version(), { replicas: 2 }), waiting, servingPod()], { sidecars: one });
    expect(planned.why).toEqual(["1 of 2 pods answer from the artifact."]);
  });

  it("does not count a pod that is going away, and asks one with an IPv6 address as a URL writes it", () => {
    const going = servingPod();
    const gone = {
      ...going,
      metadata: { ...going.metadata, deletionTimestamp: "2026-11-22T14:00:00Z" },
    } as typeof going;
    expect(planFor([...deployed(), gone], { sidecars: ready }).status?.pods).toEqual([]);
    const six = planFor([...deployed(), servingPod({ ip: "fd00::1" })], {
      sidecars: { "[fd00::1]:8080": says("Ready") },
    });
    expect(six.status?.phase).toBe("Available");
  });

  it("leaves replicas to whoever scales them", () => {
    const planned = planFor([...deployed(version(), { replicas: 5 }), servingPod()], { sidecars: ready });
    expect(planned.adjust).toBeUndefined();
    expect(planned.status?.replicas).toBe(5);
  });
});

describe("a suspended version", () => {
  it("is scaled to zero, once", () => {
    const planned = planFor(deployed(version({ suspend: true })));
    expect(planned).toMatchObject({ adjust: [{ change: { spec: { replicas: 0 } } }], why: ["scaling to 0"] });
    expect(columns(planned)).toBe("Suspended – – – Suspended");
    expect(planFor(deployed(version({ suspend: true }), { replicas: 0 })).adjust).toBeUndefined();
  });

  it("comes back with as many pods as were frozen", () => {
    const of = policy({ serving: { replicas: 3 } });
    const planned = planFor(deployed(version(), { replicas: 0, of }));
    expect(planned).toMatchObject({ adjust: [{ change: { spec: { replicas: 3 } } }], why: ["scaling to 3"] });
  });

  it("starts with none when it was suspended from the first", () => {
    const [subject, of, map] = deployed(version({ suspend: true }));
    expect(planFor([subject, of, map]).apply[1]).toMatchObject({ kind: "Deployment", spec: { replicas: 0 } });
  });

  it("stays so although a newer CRD would not let its spec in", () => {
    const [, of, map, running] = deployed(version({ suspend: true }), { replicas: 0 });
    const loose = version({ suspend: true, artifact: { ...version().spec.artifact, format: "GGML" } });
    expect(planFor([loose, of, map, running]).adjust).toBeUndefined();
  });
});

it("says the same again when nothing has changed", () => {
  for (const pods of [[], [servingPod({ ready: false })], [servingPod()]]) {
    const [subject, ...rest] = deployed();
    const sidecars = { [ADDRESS]: says("Ready") };
    const first = planFor([subject, ...rest, ...pods], { sidecars });
    const second = planFor([version({}, {}, first.status), ...rest, ...pods], { sidecars, now: NOW + 3_600_000 });
    expect(second.status).toEqual(first.status);
    expect(second.apply).toEqual(first.apply);
  }
});
