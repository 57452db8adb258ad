import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { queueMetrics, watchFigures } from "./metrics.ts";

const FIGURES = { waiting: 7, inFlight: 2, dead: 1, oldestAgeMs: 1500, oldestDeadAgeMs: 60_000 };

it("tells the queue's figures, with one question to the store for each scrape", async () => {
  const registry = new Registry();
  let asked = 0;
  watchFigures(registry, async () => {
    asked++;
    return FIGURES;
  });
  const text = await registry.metrics();
  for (const line of [
    "qi_learning_queue_length 7",
    "qi_learning_queue_in_flight 2",
    "qi_learning_queue_dead 1",
    "qi_learning_queue_oldest_age_seconds 1.5",
    "qi_learning_queue_dead_oldest_age_seconds 60",
  ])
    expect(text).toContain(`${line}\n`);
  expect(asked).toBe(1);
  await registry.metrics();
  expect(asked).toBe(2);
});

it("tells nothing rather than 0 while the store cannot be asked", async () => {
  const registry = new Registry();
  let away = false;
  watchFigures(registry, async () => {
    if (away) throw new Error("away");
    return FIGURES;
  });
  await registry.metrics();
  away = true;
  expect(await registry.metrics()).not.toMatch(/^qi_learning_queue_length/m);
  away = false;
  expect(await registry.metrics()).toMatch(/^qi_learning_queue_length 7/m);
});

it("is one for queue and cache of the same process", async () => {
  const registry = new Registry();
  queueMetrics(registry).redisUp("queue", true);
  queueMetrics(registry).redisUp("cache", false);
  const text = await registry.metrics();
  expect(text).toContain('qi_learning_redis_up{role="queue"} 1');
  expect(text).toContain('qi_learning_redis_up{role="cache"} 0');
});
