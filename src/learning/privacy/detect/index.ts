import type { PrivacyPolicy } from "../../../api/learning/policies.ts";
import { custom, typeOf } from "./custom.ts";
import { emails } from "./email.ts";
import { homes } from "./home.ts";
import { ipv6 } from "./ip.ts";
import { numeric } from "./numeric.ts";
import type { Detector } from "./scan.ts";
import { commands } from "./secret/commands.ts";
import { encoded } from "./secret/encoded.ts";
import { highEntropy } from "./secret/entropy.ts";
import { keyed } from "./secret/keyed.ts";
import { listed } from "./secret/listed.ts";
import { manifests } from "./secret/manifests.ts";
import { privateKeys } from "./secret/pem.ts";
import { secretlint } from "./secret/secretlint.ts";
import { tokens } from "./secret/tokens.ts";
import { urls } from "./secret/urls.ts";

/** Secrets are looked for whatever the policy says. */
const SECRETS: readonly Detector[] = [privateKeys, urls, tokens, secretlint, commands, keyed, manifests, listed];
/** Secrets that anything better explained comes before. */
const GUESSES: readonly Detector[] = [highEntropy, encoded];

export const BUILT_IN_TYPES = ["SECRET", "EMAIL", "PHONE", "CARD", "IBAN", "NATIONAL_ID", "IP", "USER"] as const;

/** All detectors that a policy asks for, best evidence first. Throws InvalidPattern. */
export function detectorsOf(policy: Pick<PrivacyPolicy, "detect" | "custom">): readonly Detector[] {
  const wants = new Set<string>(policy.detect);
  const kinds = {
    cards: wants.has("PaymentCards"),
    ibans: wants.has("IBANs"),
    nationals: wants.has("NationalIDs"),
    ips: wants.has("IPAddresses"),
    phones: wants.has("PhoneNumbers"),
  };
  return [
    ...SECRETS,
    ...policy.custom.map(custom),
    ...(wants.has("Emails") ? [emails] : []),
    ...(Object.values(kinds).some(Boolean) ? [numeric(kinds)] : []),
    ...(kinds.ips ? [ipv6] : []),
    ...GUESSES,
    homes,
  ];
}

export function typesOf(policy: Pick<PrivacyPolicy, "custom">): readonly string[] {
  return [...BUILT_IN_TYPES, ...policy.custom.map(({ name }) => typeOf(name))];
}
