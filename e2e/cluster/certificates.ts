/** The cluster's certificates, made with openssl: a CA, the API server's own, one administrator's, and the key of service-account tokens. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiServerUrl, bridge, certificatesDir, kubeconfigPath, madeDir } from "./paths.ts";
import { run } from "./shell.ts";

const file = (name: string) => join(certificatesDir, name);

export const certificates = {
  ca: { certificate: file("ca.crt"), key: file("ca.key") },
  apiServer: { certificate: file("apiserver.crt"), key: file("apiserver.key") },
  /** Every part of the cluster speaks as the administrator: what the tests test is what runs on it. */
  admin: { certificate: file("admin.crt"), key: file("admin.key") },
  serviceAccountKey: file("service-account.key"),
} as const;

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** Makes the certificates and the kubeconfig unless they are there; they live as long as the cluster's state. */
export async function ensureCertificates(): Promise<void> {
  if (existsSync(kubeconfigPath)) return;
  madeDir(certificatesDir);
  const names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
  const addresses = [bridge.address, "10.96.0.1", "127.0.0.1"];
  const subjects = [...names.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)].join(",");
  const { ca, apiServer, admin, serviceAccountKey } = certificates;
  await selfSigned(ca, "/CN=qi-learning-cluster");
  await Promise.all([
    signed(apiServer, "/CN=kube-apiserver", `subjectAltName=${subjects}`),
    signed(admin, "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth"),
    run("openssl", ["genrsa", "-out", serviceAccountKey, "2048"]),
  ]);
  writeFileSync(kubeconfigPath, kubeconfig(), { mode: 0o600 });
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365"];

async function selfSigned({ certificate, key }: Pair, subject: string): Promise<void> {
  await run("openssl", ["req", "-x509", ...newKey, "-subj", subject, "-keyout", key, "-out", certificate]);
}

async function signed({ certificate, key }: Pair, subject: string, extension: string): Promise<void> {
  const authority = ["-CA", certificates.ca.certificate, "-CAkey", certificates.ca.key];
  const extensions = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", extension];
  const output = ["-keyout", key, "-out", certificate];
  await run("openssl", ["req", "-x509", ...newKey, ...authority, "-subj", subject, ...extensions, ...output]);
}

function kubeconfig(): string {
  const { ca, admin } = certificates;
  return `apiVersion: v1
kind: Config
current-context: qi-learning
clusters:
- name: qi-learning
  cluster: { server: ${apiServerUrl}, certificate-authority: ${ca.certificate} }
users:
- name: admin
  user: { client-certificate: ${admin.certificate}, client-key: ${admin.key} }
contexts:
- name: qi-learning
  context: { cluster: qi-learning, user: admin }
`;
}
