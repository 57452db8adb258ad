import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inClusterConfig, loadConfig } from "./config.ts";
import { tokenFile } from "./token.ts";

async function folder(files: Record<string, string>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "qi-config-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

const kubeconfig = `
current-context: dev
contexts:
  - { name: dev, context: { cluster: one, user: files, namespace: team-a } }
  - { name: prod, context: { cluster: two, user: plugin } }
clusters:
  - { name: one, cluster: { server: "https://one:6443/", certificate-authority: ca.pem } }
  - { name: two, cluster: { server: "https://two", certificate-authority-data: ${Buffer.from("CA2").toString("base64")}, tls-server-name: kubernetes } }
users:
  - { name: files, user: { client-certificate: cert.pem, client-key-data: ${Buffer.from("KEY").toString("base64")} } }
  - name: plugin
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1
        command: sh
        args: ["-c", 'echo "{\\"status\\":{\\"token\\":\\"$PREFIX-token\\"}}"']
        env: [{ name: PREFIX, value: plugin }]
  - { name: broken, user: { exec: { apiVersion: v1, command: "false" } } }
`;

describe("a kubeconfig", () => {
  it("gives the current context, with files found beside it", async () => {
    const directory = await folder({ config: kubeconfig, "ca.pem": "CA1", "cert.pem": "CERT" });
    const config = await loadConfig({ kubeconfig: join(directory, "config") });
    expect(config).toMatchObject({
      server: "https://one:6443",
      ca: "CA1",
      cert: "CERT",
      key: "KEY",
      namespace: "team-a",
    });
    expect(await config.token()).toBeUndefined();
  });

  it("gives a context by name, with a token from a credential plugin", async () => {
    const directory = await folder({ config: kubeconfig });
    const config = await loadConfig({ kubeconfig: join(directory, "config"), context: "prod" });
    expect(config).toMatchObject({ server: "https://two", ca: "CA2", serverName: "kubernetes", namespace: "default" });
    expect(await config.token()).toBe("plugin-token");
  });

  it("names the contexts that there are when asked for one that is not", async () => {
    const directory = await folder({ config: kubeconfig });
    await expect(loadConfig({ kubeconfig: join(directory, "config"), context: "staging" })).rejects.toThrow(
      'no context named "staging"; it has: dev, prod',
    );
  });
});

describe("in a pod", () => {
  it("the service account's files are used, and the token is read again after a minute", async () => {
    const directory = await folder({ token: "first\n", "ca.crt": "CA", namespace: "system" });
    const config = await inClusterConfig(
      { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" },
      directory,
    );
    expect(config).toMatchObject({ server: "https://[fd00::1]:6443", ca: "CA", namespace: "system" });
    let now = 0;
    const token = tokenFile(join(directory, "token"), () => now);
    expect(await token()).toBe("first");
    await writeFile(join(directory, "token"), "second");
    now = 59_000;
    expect(await token()).toBe("first");
    now = 61_000;
    expect(await token()).toBe("second");
  });

  it("is not assumed without the variable or the token", async () => {
    const directory = await folder({});
    expect(await inClusterConfig({ KUBERNETES_SERVICE_HOST: "10.0.0.1" }, directory)).toBeUndefined();
    expect(await inClusterConfig({}, directory)).toBeUndefined();
  });
});
