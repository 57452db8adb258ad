import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReviewContent } from "../../api/learning/reviews.ts";
import type { Role } from "../store/index.ts";
import { type ReviewServer, startReviewServer, TENANT } from "./testing/review-server.ts";
import { seedReviews, type Waiting } from "./testing/seed.ts";

let server: ReviewServer;
beforeAll(async () => {
  server = await startReviewServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Somebody with a key of their own, and what they ask. */
async function person(roles: readonly Role[] = ["reviewer"], tenant = TENANT) {
  const { id, key } = await server.addKey(roles, { tenant });
  const ask = async (method: "GET" | "POST", url: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await server.app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${key}`, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json() };
  };
  return {
    id,
    ask,
    get: (url: string, headers?: Record<string, string>) => ask("GET", url, undefined, headers),
    post: (url: string, body: object = {}) => ask("POST", url, body),
    async lease(wanted: object = {}) {
      const { body } = await ask("POST", "/v1/reviews/lease", wanted);
      return body.lease as { item: { id: string }; token: string; until: string; leaseSeconds: number };
    },
  };
}

const seed = (...waiting: Waiting[]) => seedReviews({ store: server.store, now: Date.now(), seed: ++seeds }, waiting);
let seeds = 0;
/** A tenant of its own, so that tests do not see each other's queues. */
const tenant = (name: string) => `tenant-${name}`;

describe("the queue", () => {
  it("is listed least certain first, a page at a time, with counts", async () => {
    const of = tenant("list");
    await seed(...[0.5, 0.1, 0.3].map((confidence) => ({ tenant: of, score: { confidence } })));
    const ada = await person(["reviewer"], of);
    const first = await ada.get("/v1/reviews?limit=2");
    expect(first.body.items.map((item: { confidence: number }) => item.confidence)).toEqual([0.1, 0.3]);
    expect(first.body.counts).toEqual({ waiting: 3, leased: 0, decided: 0 });
    const rest = await ada.get(`/v1/reviews?limit=2&cursor=${encodeURIComponent(first.body.next)}`);
    expect(rest.body.items.map((item: { confidence: number }) => item.confidence)).toEqual([0.5]);
    expect(rest.body.next).toBeUndefined();
  });

  it.each([
    ["a limit beyond the greatest", "/v1/reviews?limit=201", "Invalid"],
    ["a cursor of nobody", "/v1/reviews?cursor=nonsense", "InvalidCursor"],
    ["an id that is none", "/v1/reviews/7", "Invalid"],
  ])("refuses %s", async (_, url, code) => {
    expect((await (await person()).get(url, { "review-lease": "t" })).body).toMatchObject({ code });
  });

  it.each<[string, readonly Role[], number, number]>([
    ["reviewer", ["reviewer"], 200, 200],
    ["admin", ["admin"], 200, 200],
    ["analyst", ["analyst"], 403, 200],
    ["agent", ["agent"], 403, 403],
    ["operator", ["operator"], 403, 403],
  ])("lets a key with the role %s in as it may", async (_, roles, list, calibration) => {
    const who = await person(roles);
    expect((await who.get("/v1/reviews")).status).toBe(list);
    expect((await who.get("/v1/reviews/calibration?policy=team-a/coder")).status).toBe(calibration);
  });

  it("is another's for another tenant: neither seen, nor leased, nor read", async () => {
    const [id = ""] = await seed({ tenant: tenant("mine") });
    const [mine, other] = [await person(["reviewer"], tenant("mine")), await person(["admin"], tenant("theirs"))];
    const { token } = await mine.lease({ id });
    expect((await other.get("/v1/reviews")).body.items).toEqual([]);
    expect((await other.post("/v1/reviews/lease", { id })).body.code).toBe("NotFree");
    expect((await other.get(`/v1/reviews/${id}`, { "review-lease": token })).body.code).toBe("NotFound");
    expect((await other.post(`/v1/reviews/${id}/release`, { token })).body.code).toBe("LeaseLost");
    expect((await other.post(`/v1/reviews/${id}/decide`, { token, verdict: "include" })).body.code).toBe("NotFound");
    expect((await mine.get(`/v1/reviews/${id}`, { "review-lease": token })).status).toBe(200);
  });
});

describe("a lease", () => {
  it("is never given to two, however many ask at once", async () => {
    const of = tenant("rush");
    await seed(...Array.from({ length: 12 }, () => ({ tenant: of })));
    const people = await Promise.all(Array.from({ length: 8 }, () => person(["reviewer"], of)));
    const leases = await Promise.all(people.flatMap((one) => [one.lease(), one.lease()]));
    const ids = leases.filter((lease) => lease !== undefined).map((lease) => lease.item.id);
    expect(ids).toHaveLength(12);
    expect(new Set(ids).size).toBe(12);
  });

  it("is nothing where nothing waits, and no error", async () => {
    expect(await (await person(["reviewer"], tenant("nobody"))).post("/v1/reviews/lease")).toEqual({
      status: 200,
      body: {},
    });
  });

  it("holds what was asked for against everybody else, until it is given back", async () => {
    const of = tenant("hold");
    const [id = ""] = await seed({ tenant: of });
    const [ada, bob] = [await person(["reviewer"], of), await person(["reviewer"], of)];
    const { token, leaseSeconds } = await ada.lease({ id });
    expect(leaseSeconds).toBe(900);
    expect((await bob.post("/v1/reviews/lease", { id })).body.code).toBe("NotFree");
    expect((await ada.post(`/v1/reviews/${id}/renew`, { token })).status).toBe(200);
    expect((await bob.post(`/v1/reviews/${id}/renew`, { token: "guessed" })).body.code).toBe("LeaseLost");
    expect((await ada.post(`/v1/reviews/${id}/release`, { token })).status).toBe(204);
    expect((await bob.lease({ id })).item.id).toBe(id);
    expect((await ada.post(`/v1/reviews/${id}/decide`, { token, verdict: "include" })).body.code).toBe("LeaseLost");
  });

  it("lasts as long as the policy of its item says, not as long as that of another", async () => {
    const of = tenant("length");
    await seed({ tenant: of, facts: { policy: "team-a/gone" } });
    expect((await (await person(["reviewer"], of)).lease()).leaseSeconds).toBe(900);
  });
});

describe("what is reviewed", () => {
  it("is read by who holds it alone", async () => {
    const of = tenant("read");
    const [id = ""] = await seed({ tenant: of });
    const [ada, bob] = [await person(["reviewer"], of), await person(["reviewer"], of)];
    const { token } = await ada.lease({ id });
    expect((await ada.get(`/v1/reviews/${id}`, { "review-lease": token })).status).toBe(200);
    expect((await bob.get(`/v1/reviews/${id}`, { "review-lease": "guessed" })).body.code).toBe("LeaseLost");
    expect((await bob.get(`/v1/reviews/${id}`)).body.code).toBe("Invalid");
  });

  it("is the code before and after, the user's newest edit of it, and what was said", async () => {
    const of = tenant("content");
    const [id = ""] = await seed({
      tenant: of,
      facts: { redactions: { EMAIL: 1 } },
      content: {
        code: [{ language: "go", path: "a.go", before: "old\n", after: "offered\n" }],
        syntax: [{ language: "go", before: 0.25, after: 0 }],
        placeholders: { h1: "EMAIL_1", h2: "EMAIL_1" },
      },
      feedback: [
        { type: "edit", block: 0, after: "first\n" },
        { type: "edit", block: 0, after: "kept\n", syntax: { language: "go", before: 0, after: 0 } },
        { type: "comment", text: "hm" },
      ],
    });
    const ada = await person(["reviewer"], of);
    const { token } = await ada.lease({ id });
    const content = (await ada.get(`/v1/reviews/${id}`, { "review-lease": token })).body as ReviewContent;
    expect(content.code).toEqual([
      {
        language: "go",
        path: "a.go",
        after: "offered\n",
        syntax: { before: 0.25, after: 0 },
        edited: change("-offered", "+kept"),
        offered: change("-old", "+offered"),
        editedSyntax: { before: 0, after: 0 },
      },
    ]);
    expect(content).toMatchObject({
      placeholders: ["EMAIL_1"],
      redactions: { EMAIL: 1 },
      threshold: 0.7,
      feedbackCount: 3,
    });
    expect(content.feedback.map(({ type }) => type)).toEqual(["edit", "edit", "comment"]);
    expect(JSON.stringify(content.feedback)).not.toContain("kept");
    expect(content.assessment).toMatchObject({ overall: 0.62, confidence: 0.41 });
  });
});

describe("a decision", () => {
  it("becomes the current score, counts for the calibration, and is not asked again", async () => {
    const of = tenant("decide");
    const [id = ""] = await seed({ tenant: of, score: { overall: 0.9, confidence: 0.55 } });
    const ada = await person(["reviewer"], of);
    const { token } = await ada.lease({ id });
    expect((await ada.post(`/v1/reviews/${id}/decide`, { token, verdict: "exclude", overall: 0.25 })).body).toEqual({
      overall: 0.25,
    });
    const [current] = await server.store.assessments.current([{ tenant: of, id }]);
    expect(current).toMatchObject({ overall: 0.25, human: true, confidence: 1 });
    const { everything } = (await ada.get("/v1/reviews/calibration?policy=team-a/coder")).body;
    expect(everything).toMatchObject({ n: 1, error: 0.55 });
    expect((await ada.post("/v1/reviews/lease")).body).toEqual({});
    expect((await ada.get("/v1/reviews")).body.counts).toEqual({ waiting: 0, leased: 0, decided: 1 });
  });

  it("may be sent again after a lost answer", async () => {
    const of = tenant("again");
    const [id = ""] = await seed({ tenant: of });
    const ada = await person(["reviewer"], of);
    const { token } = await ada.lease({ id });
    const once = await ada.post(`/v1/reviews/${id}/decide`, { token, verdict: "include" });
    expect(once).toEqual({ status: 200, body: { overall: 1 } });
    expect(await ada.post(`/v1/reviews/${id}/decide`, { token, verdict: "include" })).toEqual(once);
  });

  it("has its note redacted before it is stored, and is refused where that cannot be done", async () => {
    const of = tenant("note");
    const [id = ""] = await seed({ tenant: of });
    const ada = await person(["reviewer"], of);
    const { token } = await ada.lease({ id });
    const kept: string[] = [];
    const { decide } = server.store.reviews;
    const spy = {
      ...server.store.reviews,
      decide: (...args: Parameters<typeof decide>) => {
        kept.push(args[2].note ?? "");
        return decide(...args);
      },
    };
    await using other = await startReviewServer({ store: { ...server.store, reviews: spy } });
    const ask = (note: string) =>
      other.app.inject({
        method: "POST",
        url: `/v1/reviews/${id}/decide`,
        headers: { authorization: `Bearer ${keyOfAda}` },
        payload: { token, verdict: "include", note },
      });
    const keyOfAda = (await other.addKey(["reviewer"], { tenant: of })).key;
    expect((await ask("REFUSE this")).json()).toMatchObject({ code: "NotRedactable" });
    expect(kept).toEqual([]);
    expect((await ask("ask bob@example.com")).statusCode).toBe(200);
    expect(kept).toEqual(["ask <EMAIL_1>"]);
  });

  it.each([
    ["no verdict", { overall: 1 }],
    ["a score beyond one", { verdict: "include", overall: 1.01 }],
    ["a note without end", { verdict: "include", note: "x".repeat(2001) }],
    ["a reviewer of its own choosing", { verdict: "include", reviewer: "somebody else" }],
  ])("is not accepted with %s", async (_, decision) => {
    const of = tenant("bad");
    const [id = ""] = await seed({ tenant: of });
    const ada = await person(["reviewer"], of);
    const { token } = await ada.lease({ id });
    const { status, body } = await ada.post(`/v1/reviews/${id}/decide`, { token, ...decision });
    expect([status, body.code]).toEqual([400, "Invalid"]);
  });
});

function change(removed: string, added: string) {
  return { state: "compared", added: 1, removed: 1, hunks: [{ oldStart: 1, newStart: 1, lines: [removed, added] }] };
}
