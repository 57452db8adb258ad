import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checksums, parseChecksums, verifyChecksum } from "./checksums.ts";
import { versions } from "./sources.ts";

const sum = "a".repeat(64);

describe("ready-made tools", () => {
  it("are listed with their sums in the format of sha256sum", () => {
    expect(parseChecksums(`${sum}  etcd-v1.xz\n`)).toEqual(new Map([["etcd-v1.xz", sum]]));
  });

  it("refuse a list with a line that holds no sum", () => {
    expect(() => parseChecksums("deadbeef  etcd-v1.xz")).toThrow("not a line of sha256sum: deadbeef  etcd-v1.xz");
  });

  it("are taken when their sum is the listed one", () => {
    expect(() => verifyChecksum("etcd-v1.xz", sum, new Map([["etcd-v1.xz", sum]]))).not.toThrow();
  });

  it.each([
    ["another sum", new Map([["etcd-v1.xz", "b".repeat(64)]]), /has sha256 a{64}, but .* says b{64}/],
    ["no entry", new Map<string, string>(), /etcd-v1.xz in QI_TOOLS_CACHE is not listed/],
  ])("are refused when the list has %s for them", (_, list, message) => {
    expect(() => verifyChecksum("etcd-v1.xz", sum, list)).toThrow(message);
  });

  it("have the versions that would be built from source", () => {
    const built = Object.entries(versions).map(([name, version]) => `${name}-${version}-linux-amd64.xz`);
    const listed = [...parseChecksums(readFileSync(checksums, "utf8")).keys()];
    expect(listed.filter((file) => !built.includes(file))).toEqual([]);
  });
});
