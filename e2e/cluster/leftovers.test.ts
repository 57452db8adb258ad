import { describe, expect, it } from "vitest";
import { mountsUnder } from "./leftovers.ts";
import { bridgesInPool } from "./network.ts";

const mountLine = (path: string) => `36 35 98:0 / ${path} rw,noatime - tmpfs tmpfs rw`;

describe("mounts of ours", () => {
  it("are those below our folder, the last one first, so that none is unmounted under another", () => {
    const mountinfo = ["/", "/cache/qi", "/cache/qi/pod", "/cache/qi/pod/shm", "/cache/qi-other/x"]
      .map(mountLine)
      .join("\n");
    expect(mountsUnder("/cache/qi", mountinfo)).toEqual(["/cache/qi/pod/shm", "/cache/qi/pod"]);
  });

  it("are found when the path holds a space, which the kernel writes in octal", () => {
    expect(mountsUnder("/my cache", mountLine("/my\\040cache/shm"))).toEqual(["/my cache/shm"]);
  });
});

describe("bridges that dockerd made", () => {
  it("are told by its address pool from another program's", () => {
    const lines = [
      "4: qi0    inet 10.88.0.1/16 scope global qi0",
      "6: br-3f1    inet 10.90.4.1/24 brd 10.90.4.255 scope global br-3f1",
      "7: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0",
      "",
    ];
    expect(bridgesInPool(lines.join("\n"))).toEqual(["br-3f1"]);
  });
});
