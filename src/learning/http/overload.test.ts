import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { problem } from "../../api/learning/results.ts";
import { eventually, ManualClock, settle } from "../../testing/clock.ts";
import type { Store } from "../store/port.ts";
import { ByteBudget } from "./byte-budget.ts";
import { type ApiUnderTest, startApi } from "./testing/api-under-test.ts";
import { TokenBuckets } from "./token-bucket.ts";

const start = async (options: Parameters<typeof startApi>[0]): Promise<ApiUnderTest> => {
  const api = await startApi(options);
  onTestFinished(() => api.close());
  return api;
};

describe("token buckets", () => {
  it("give the burst, then the rate, and say when there is enough", async () => {
    const clock = new ManualClock();
    const buckets = new TokenBuckets(10, 20, clock);
    expect(buckets.take("a", 20)).toBe(0);
    expect(buckets.take("a", 15)).toBe(2);
    expect(buckets.take("b", 1)).toBe(0);
    await clock.advance(1500);
    expect(buckets.take("a", 15)).toBe(0);
    expect(buckets.take("a", 1)).toBe(1);
  });

  it("let through what costs more than a burst once, and remember the debt", async () => {
    const clock = new ManualClock();
    const buckets = new TokenBuckets(10, 20, clock);
    expect(buckets.take("a", 50)).toBe(0);
    expect(buckets.take("a", 1)).toBe(4);
  });

  it("forget whom they have not seen for the longest, and no more", () => {
    const buckets = new TokenBuckets(1, 1, new ManualClock(), 2);
    for (const key of ["a", "b", "c"]) buckets.take(key, 1);
    expect(buckets.take("c", 1)).toBe(1);
    expect(buckets.take("a", 1)).toBe(0);
  });
});

describe("the byte budget", () => {
  it("is free again once the connection and the work are both done", () => {
    const budget = new ByteBudget(10);
    const reservation = budget.reserve(8);
    reservation?.hold();
    expect(budget.reserve(3)).toBeUndefined();
    reservation?.release();
    expect(budget.used).toBe(8);
    reservation?.release();
    expect(budget.used).toBe(0);
  });
});

describe("too much", () => {
  it("of one key's items is answered 429 and when to try again, and leaves others alone", async () => {
    const api = await start({ limits: { itemsPerSecond: 1, itemBurst: 3 } });
    const send = async (role: "agent" | "admin", count: number) =>
      api.call("POST", "/v1/interactions", {
        key: await api.key(role),
        body: { interactions: Array.from({ length: count }, () => api.interaction()) },
      });
    expect((await send("agent", 2)).statusCode).toBe(207);
    const refused = await send("agent", 3);
    expect(refused.statusCode).toBe(429);
    expect(refused.headers["retry-after"]).toBe("2");
    expect(problem.parse(refused.json()).code).toBe("RateLimited");
    expect((await send("admin", 3)).statusCode).toBe(207);
    await api.clock.advance(2000);
    expect((await send("agent", 3)).statusCode).toBe(207);
  });

  it("of one key's requests is answered 429", async () => {
    const api = await start({ limits: { requestsPerSecond: 1, requestBurst: 1 } });
    const key = await api.key("analyst");
    expect((await api.call("GET", "/v1/queue", { key })).statusCode).toBe(200);
    expect((await api.call("GET", "/v1/queue", { key })).statusCode).toBe(429);
  });

  it("of the process's memory is answered 503, but health and figures go on", async () => {
    const api = await start({ limits: { rssBytes: 1, requestBurst: 1e9 } });
    const key = await api.key("analyst");
    // The process is looked at once a second.
    let answer = await api.call("GET", "/v1/queue", { key });
    const deadline = performance.now() + 10_000;
    while (answer.statusCode !== 503 && performance.now() < deadline) {
      answer = await api.call("GET", "/v1/queue", { key });
    }
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
    expect((await api.call("GET", "/healthz")).statusCode).toBe(200);
    expect((await api.call("GET", "/metrics")).body).toContain('qi_learning_requests_shed_total{reason="rssBytes"}');
  }, 20_000);

  it("of bytes at once is answered 503 before they are read, and passes", async () => {
    const gate = Promise.withResolvers<void>();
    const api = await start({ limits: { bytesInFlight: 2000 }, around: (store) => held(store, gate.promise) });
    const key = await api.key("agent");
    const send = () =>
      api.call("POST", "/v1/interactions", {
        key,
        body: { interactions: [api.interaction({ input: "x".repeat(1000) })] },
      });
    const first = send();
    await eventually(() => api.filter.requests.length === 1, "the first request's redaction");
    const second = await send();
    expect(second.statusCode).toBe(503);
    expect(api.filter.requests).toHaveLength(1);
    gate.resolve();
    expect((await first).statusCode).toBe(207);
    expect((await send()).statusCode).toBe(207);
  });

  it("held by a client that went away is free again", async () => {
    const api = await start({ limits: { bytesInFlight: 2000 } });
    const address = new URL(await api.app.listen({ host: "127.0.0.1", port: 0 }));
    const key = await api.key("agent");
    const socket = connect(Number(address.port), address.hostname);
    socket.on("error", () => {});
    socket.write(
      `POST /v1/interactions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n` +
        'content-type: application/json\r\ncontent-length: 1900\r\n\r\n{"interactions": [',
    );
    const metric = async () => (await api.call("GET", "/metrics")).body;
    await until(async () => (await metric()).includes("qi_learning_request_bytes_in_flight 1900"));
    socket.destroy();
    await until(async () => (await metric()).includes("qi_learning_request_bytes_in_flight 0"));
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await holds())) {
    expect(performance.now(), "in time").toBeLessThan(deadline);
    // Injected requests need no turn of the event loop; sockets do.
    await settle();
  }
}

/** A store that accepts nothing before the gate opens. */
function held(store: Store, gate: Promise<void>): Store {
  const accept: Store["interactions"]["accept"] = async (...batch) => {
    await gate;
    return store.interactions.accept(...batch);
  };
  return new Proxy(store, {
    get: (target, name) =>
      name === "interactions"
        ? new Proxy(target.interactions, {
            get: (of, method) => {
              if (method === "accept") return accept;
              const value: unknown = Reflect.get(of, method);
              return typeof value === "function" ? value.bind(of) : value;
            },
          })
        : Reflect.get(target, name),
  });
}
