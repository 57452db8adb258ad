import { describe, expect, it } from "vitest";
import { packageSettings } from "./docker.ts";
import { notInstalled } from "./packages.ts";
import { recentEnough } from "./sources.ts";

describe("what the testbed needs of a machine", () => {
  it.each([
    ["go1.26.8", true],
    ["go1.27rc1", true],
    ["go1.25.9", false],
    ["", false],
  ])("takes Go %s: %s", (version, verdict) => {
    expect(recentEnough(version)).toBe(verdict);
  });

  it("installs the packages that dpkg does not call installed", () => {
    const lines = "runc installed\nnftables config-files\n";
    expect(notInstalled(["runc", "nftables", "xz-utils"], lines)).toEqual(["nftables", "xz-utils"]);
  });
});

describe("settings that an image build gets from this machine", () => {
  it("are those of package tools, when set", () => {
    const environment = {
      PIP_INDEX_URL: "http://mirror/simple",
      https_proxy: "",
      HOME: "/home/me",
      AWS_SECRET_ACCESS_KEY: "s",
    };
    expect(packageSettings(environment)).toEqual({ PIP_INDEX_URL: "http://mirror/simple" });
  });

  it("name the CA bundle only where the base image has the same file", () => {
    const environment = { PIP_CERT: "/etc/ssl/certs/ca-certificates.crt", SSL_CERT_FILE: "/opt/ca.pem" };
    expect(packageSettings(environment)).toEqual({ PIP_CERT: "/etc/ssl/certs/ca-certificates.crt" });
  });
});
