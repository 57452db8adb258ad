/** Values that the chart refuses, each with words that name the field; as `--set` takes them. */
export const refusedValues: readonly (readonly [what: string, set: string, words: string])[] = [
  ["two processes on one SQLite file", "learning.replicas=2", "'/learning/replicas': maximum: got 2, want 1"],
  ["SQLite with a queue in Redis", "learning.queue.existingSecret=q", "'/learning/queue/existingSecret'"],
  ["Postgres that is nowhere", "learning.database.kind=Postgres", "'/learning/database/existingSecret'"],
  ["a value that does not exist", "learning.replicass=1", "additional properties 'replicass' not allowed"],
  ["a word for a truth", "networkPolicy.enabled=maybe", "'/networkPolicy/enabled': got string, want boolean"],
  ["an unknown pull policy", "images.pullPolicy=Sometimes", "'/images/pullPolicy'"],
  ["more workers than a database takes", "worker.replicas=51", "'/worker/replicas': maximum: got 51, want 50"],
  ["a store that is none", "storage.uri=http://models", "'/storage/uri'"],
  ["an amount that is none", "operator.resources.limits.memory=lots", "'/operator/resources/limits/memory'"],
  ["neither a store nor a key to one", "objectStore.enabled=false", "storage.existingSecret names the Secret"],
];

/** Installations whose every object is looked at; flags of helm. */
export const installations: readonly (readonly [name: string, flags: readonly string[]])[] = [
  ["as it comes", []],
  ...["dev", "staging", "prod"].map(
    (stage) => [`values-${stage}.yaml`, ["--values", `charts/qi-learning/values-${stage}.yaml`]] as const,
  ),
];
