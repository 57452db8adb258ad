/** Whether code still parses: blocks of each language with something to take out wherever such things stand. */
import type { PrivacyPolicy } from "../../src/api/learning/policies.ts";
import { keyedHash, numbering } from "../../src/learning/privacy/placeholders.ts";
import { createRedactor } from "../../src/learning/privacy/redactor.ts";
import { session } from "../../src/learning/privacy/session.ts";
import { openTrees } from "../../src/learning/syntax/index.ts";
import type { Chance } from "./redaction-labelled.ts";

/** One of each line's kinds: in strings, in comments, as numbers, in templates. */
interface Values {
  readonly email: string;
  readonly phone: string;
  readonly card: string;
  readonly ip: string;
  readonly key: string;
  readonly ssn: string;
}

const BLOCKS: Readonly<Record<string, (v: Values) => string>> = {
  javascript: (v) =>
    `// ask ${v.email}\nconst password = "${v.key}";\nconst card = ${v.card};\nconst url = \`https://u:${v.key}@${v.ip}/x?\${id}\`;\nexport default { phone: '${v.phone}', re: /${v.ip}/ };\n`,
  typescript: (v) =>
    `/** ${v.ip} */\nexport const apiKey: string = '${v.key}';\nfunction f(n: number = ${v.card}): void { send("${v.email}"); }\n`,
  tsx: (v) =>
    `export const A = () => <a href="mailto:${v.email}" title="${v.phone}">Call ${v.phone} or {"${v.email}"}</a>;\nconst token = "${v.key}";\n`,
  python: (v) =>
    `# ${v.phone}\nPASSWORD = '${v.key}'\nCARD = ${v.card}\n"""Written by ${v.email}."""\nhost = f"{user}@${v.ip}"\ndef f(ssn="${v.ssn}"):\n    return {"secret": r"${v.key}"}\n`,
  go: (v) =>
    `package main\n\n// ${v.email}\nconst Card = ${v.card}\n\nvar apiKey = "${v.key}"\n\nfunc main() { dial(\`${v.ip}\`, "${v.phone}") }\n`,
  java: (v) =>
    `/* ${v.email} */\nclass A {\n  private static final String PASSWORD = "${v.key}";\n  long card = ${v.card}L;\n  String ip() { return "${v.ip}"; }\n}\n`,
  rust: (v) =>
    `// ${v.ip}\nconst API_KEY: &str = "${v.key}";\nfn main() { let card: u64 = ${v.card}; mail(r"${v.email}"); }\n`,
  cpp: (v) =>
    `#include <string>\n#define PASSWORD "${v.key}"\n// ${v.phone}\nstatic const char *mail = "${v.email}";\nlong long card = ${v.card}LL;\n`,
  "c-sharp": (v) =>
    `class A {\n  string cs = @"Server=${v.ip};Password=${v.key};";\n  long card = ${v.card};\n  // ${v.email}\n  string p = $"{x} ${v.phone}";\n}\n`,
  ruby: (v) =>
    `# ${v.email}\npassword = '${v.key}'\ncard = ${v.card}\nputs "#{name} ${v.ip}"\nh = { phone: "${v.phone}" }\n`,
  php: (v) =>
    `<?php\n// ${v.email}\ndefine('DB_PASSWORD', '${v.key}');\n$card = ${v.card};\n$a = ["ip" => "${v.ip}", 'phone' => '${v.phone}'];\n`,
  bash: (v) =>
    `#!/bin/sh\n# ${v.email}\nexport API_TOKEN=${v.key}\nPASSWORD='${v.key}'\ncurl -u "me:${v.key}" https://${v.ip}/x\nssh root@${v.ip}\nmysql -p${v.key}\n`,
  css: (v) =>
    `/* ${v.email}, ${v.phone} */\n.a { background: url("https://u:${v.key}@${v.ip}/x.png"); width: 10px; }\n`,
  powershell: (v) =>
    `# ${v.email}\n$password = "${v.key}"\n$card = ${v.card}\nInvoke-Login -Host ${v.ip} -Token '${v.key}'\n`,
  ini: (v) => `; ${v.email}\n[db]\nhost = ${v.ip}\npassword = ${v.key}\nphone = ${v.phone}\n`,
  json: (v) => `{ "card": ${v.card}, "phone": "${v.phone}", "nested": { "password": "${v.key}", "ips": ["${v.ip}"] } }`,
};

export interface SyntaxRow {
  readonly language: string;
  readonly blocks: number;
  /** As good afterwards as before, and before it was without errors. */
  readonly kept: number;
}

export async function syntaxKept(policy: PrivacyPolicy, chance: Chance, count = 50): Promise<SyntaxRow[]> {
  const trees = openTrees();
  await trees.prepare(Object.keys(BLOCKS));
  const redactor = createRedactor(policy);
  return Object.entries(BLOCKS).map(([language, make]) => {
    let kept = 0;
    for (let n = 0; n < count; n += 1) {
      const code = make(valuesBy(chance));
      const texts = session(redactor, numbering(keyedHash(new Uint8Array(32), ""), {}, new Map()), trees);
      const { before, after } = texts.code(language, code).syntax;
      if (before === 0 && after === 0) kept += 1;
    }
    return { language, blocks: count, kept };
  });
}

/** Test numbers of the card brands: they pass Luhn. */
const CARDS = ["4111111111111111", "5555555555554444", "378282246310005", "4242424242424242"];

function valuesBy(chance: Chance): Values {
  return {
    email: `${chance.of(["jane", "tom", "wei"])}.${chance.of(["doe", "smith"])}${chance.int(1, 99)}@firma-gmbh.de`,
    phone: chance.of([
      `+49 30 9018${chance.digits(4)}`,
      `(212) 555-0${chance.digits(3)}`,
      `+1-212-555-0${chance.digits(3)}`,
    ]),
    card: chance.of(CARDS),
    ip: `10.${chance.int(1, 250)}.${chance.int(1, 250)}.${chance.int(1, 250)}`,
    key: chance.of([chance.alnum(32), `ghp_${chance.alnum(36)}`, `${chance.alnum(10)}9xQ`, chance.hex(40)]),
    ssn: `${chance.int(100, 665)}-${chance.int(10, 99)}-${chance.int(1000, 9999)}`,
  };
}
