import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type PodLike, waitingReason } from "./waiting.ts";

describe("why a pod waits", () => {
  const unschedulable = (message: string): PodLike => ({
    status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", message }] },
  });
  it.each([
    ["0/1 nodes are available: 1 Insufficient nvidia.com/gpu.", "InsufficientGPU"],
    ["0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient nvidia.com/gpu.", "InsufficientGPU"],
    ["0/1 nodes are available: 1 Insufficient memory.", "InsufficientMemory"],
    ["0/1 nodes are available: 1 Insufficient cpu.", "InsufficientCPU"],
    ["0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", "NoMatchingNode"],
    ["0/1 nodes are available: 1 node(s) had untolerated taint {gpu: only}.", "UntoleratedTaint"],
    ["0/0 nodes are available.", "Unschedulable"],
    [
      "0/1 nodes are available: 1 Insufficient nvidia.com/gpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
      "NoNodeFits",
    ],
    [
      "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint {a: b}. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
      "InsufficientGPU",
    ],
  ])("by the scheduler's words %j: %s", (message, reason) => {
    const waiting = waitingReason(unschedulable(message), "nvidia.com/gpu");
    expect(waiting?.reason).toBe(reason);
    expect(waiting?.message).toContain(message);
  });

  it("is another resource's name where the GPUs of the node have one", () => {
    const amd = unschedulable("0/1 nodes are available: 1 Insufficient amd.com/gpu.");
    expect(waitingReason(amd, "amd.com/gpu")?.reason).toBe("InsufficientGPU");
    expect(waitingReason(amd, "nvidia.com/gpu")?.reason).toBe("Unschedulable");
  });

  it.each([
    ["ErrImagePull", "ImageUnavailable"],
    ["InvalidImageName", "ImageUnavailable"],
    ["CreateContainerConfigError", "ContainerConfigInvalid"],
    ["PodInitializing", "Starting"],
  ])("by the kubelet's word %s: %s", (reason, expected) => {
    const status = {
      phase: "Pending",
      conditions: [{ type: "PodScheduled", status: "True" }],
      initContainerStatuses: [{ name: "merge", state: { waiting: { reason } } }],
    };
    expect(waitingReason({ status }, "nvidia.com/gpu")?.reason).toBe(expected);
  });

  it("is nothing once it runs, and Pending before the scheduler has looked", () => {
    expect(waitingReason({ status: { phase: "Running" } }, "nvidia.com/gpu")).toBeUndefined();
    expect(waitingReason({}, "nvidia.com/gpu")).toBeUndefined();
    expect(waitingReason({ status: { phase: "Pending" } }, "nvidia.com/gpu")?.reason).toBe("Pending");
  });

  it("is always one of the enumerated words, or nothing, however odd the pod", () => {
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const word = fc.oneof(fc.string(), fc.constantFrom("PodScheduled", "True", "False", "Pending", "ErrImagePull", ""));
    const container = fc.record({
      name: fc.string(),
      image: maybe(fc.string()),
      state: maybe(fc.record({ waiting: maybe(fc.record({ reason: maybe(word), message: maybe(fc.string()) })) })),
    });
    const condition = fc.record({ type: word, status: word, message: maybe(fc.string()) });
    const odd = fc.record({
      status: maybe(
        fc.record({
          phase: maybe(word),
          conditions: maybe(fc.array(condition)),
          initContainerStatuses: maybe(fc.array(container)),
          containerStatuses: maybe(fc.array(container)),
        }),
      ),
    });
    fc.assert(
      fc.property(odd, fc.string(), (pod, gpu) => {
        const waiting = waitingReason(pod as PodLike, gpu);
        if (waiting !== undefined) expect(waiting.reason).toMatch(/^[A-Z][A-Za-z]+$/);
      }),
    );
  });
});
