import { describe, expect, it } from "vitest";
import { type PolicySet, policySet } from "../../api/learning/policies.ts";
import { ManualClock } from "../../testing/clock.ts";
import { silentLog } from "../../testing/log.ts";
import { StoreUnavailable } from "../store/errors.ts";
import { openPolicyBook } from "./policy-book.ts";

const set = (revision: number, servedModel: string, namespace = "team"): PolicySet =>
  policySet.parse({ revision, policies: [{ namespace, name: "coder", servedModel }] });

describe("the policy book", () => {
  const start = async (answer: () => PolicySet | undefined) => {
    const clock = new ManualClock();
    const book = await openPolicyBook({
      policies: { current: async () => answer() },
      clock,
      log: silentLog,
      pollMs: 1000,
    });
    return { book, clock };
  };

  it("knows nothing before a set has come, and the set soon after", async () => {
    let current: PolicySet | undefined;
    const { book, clock } = await start(() => current);
    expect(book.current()).toBeUndefined();
    current = set(1, "qi-coder");
    await clock.advance(1000);
    expect(book.forModel("team", "qi-coder")?.name).toBe("coder");
    expect(book.named("team/coder")?.servedModel).toBe("qi-coder");
    book.close();
  });

  it("forgets what is not in the newest set", async () => {
    let current = set(1, "qi-coder");
    const { book, clock } = await start(() => current);
    current = set(2, "other");
    await clock.advance(1000);
    expect(book.forModel("team", "qi-coder")).toBeUndefined();
    expect(book.forModel("team", "other")).toBeDefined();
    book.close();
  });

  it("learns at once of what another process was told, before anything is refused for it", async () => {
    let current = set(1, "qi-coder");
    let asked = 0;
    const { book, clock } = await start(() => {
      asked += 1;
      return current;
    });
    expect(await book.catchUp()).toBe(false);
    current = set(2, "other");
    expect(await book.catchUp()).toBe(false);
    expect(asked, "clients that ask for nothing we have do not keep the store busy").toBe(2);
    await clock.advance(60);
    expect(await book.catchUp()).toBe(true);
    expect(book.forModel("team", "other")).toBeDefined();
    book.close();
  });

  it("keeps a tenant's policies its own", async () => {
    const { book } = await start(() => set(1, "qi-coder", "team"));
    expect(book.forModel("other", "qi-coder")).toBeUndefined();
    book.close();
  });

  it("stays with what it knew while the store is down, and goes on asking", async () => {
    let down = false;
    let current = set(1, "qi-coder");
    const { book, clock } = await start(() => {
      if (down) throw new StoreUnavailable();
      return current;
    });
    down = true;
    await clock.advance(5000);
    expect(book.current()?.revision).toBe(1);
    await expect(book.refresh()).rejects.toThrow(StoreUnavailable);
    down = false;
    current = set(2, "qi-coder");
    await clock.advance(1000);
    expect(book.current()?.revision).toBe(2);
    book.close();
    expect(clock.waiting).toBe(0);
  });
});
