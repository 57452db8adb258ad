import { API_VERSION } from "../../src/api/v1alpha1/common.ts";
import { merged } from "../../src/api/v1alpha1/override.ts";
import type { AnyObject } from "./server.ts";

type Fields = Readonly<Record<string, unknown>>;

export const digest = (letter: string): string => letter.repeat(64);

/** The six-line policy, with `change` over it. */
export const policy = (change: Fields = {}): AnyObject =>
  object("QualityPolicy", merged<Fields>({ baseModel: { uri: "s3://models/base" }, servedModel: "qi-coder" }, change));

/** A run that leaves everything to its policy, with `change` over it. */
export const run = (change: Fields = {}): AnyObject =>
  object("TrainingRun", merged<Fields>({ policyRef: { name: "coder" } }, change));

/** A version with nothing but its artifact, with `change` over it. */
export const version = (change: Fields = {}): AnyObject => object("ModelVersion", merged<Fields>({ artifact }, change));

const artifact = {
  uri: "s3://learning/models/a",
  sha256: digest("a"),
  format: "GGUF",
  quantization: "Q8_0",
};

function object(kind: string, spec: object): AnyObject {
  return { apiVersion: API_VERSION, kind, metadata: { name: "coder" }, spec };
}

/** The same without one field of its spec, or of an object in it: `artifact.sha256`. */
export function without(path: string, from: AnyObject): AnyObject {
  const spec = structuredClone(from.spec) as Record<string, unknown>;
  const names = path.split(".");
  const last = names.pop() ?? "";
  const holder = names.reduce((at, name) => at[name] as Record<string, unknown>, spec);
  delete holder[last];
  return { ...from, spec };
}

/** The same under another name, and in a namespace. */
export function named(name: string, from: AnyObject, namespace = from.metadata.namespace): AnyObject {
  return { ...from, metadata: { ...from.metadata, name, ...(namespace === undefined ? {} : { namespace }) } };
}
