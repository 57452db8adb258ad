/** What must stay: text that has the looks of something secret and says nothing of anybody. */
import type { Chance } from "./redaction-labelled.ts";

const uuid = (c: Chance) => `${c.hex(8)}-${c.hex(4)}-4${c.hex(3)}-a${c.hex(3)}-${c.hex(12)}`;
const version = (c: Chance) => `${c.int(0, 30)}.${c.int(0, 20)}.${c.int(0, 20)}`;
const name = (c: Chance) => c.of(["user", "order", "cart", "report", "session", "widget", "token", "key"]);

/** One kind each, by name: false findings are told by it. */
export const ORDINARY: Readonly<Record<string, (chance: Chance) => string>> = {
  uuid: (c) => `const id = "${uuid(c)}"; // request ${uuid(c)}`,
  commit: (c) => `commit ${c.hex(40)}\nMerge: ${c.hex(7)} ${c.hex(7)}`,
  digest: (c) => `image: registry.local/app@sha256:${c.hex(64)}`,
  "lock file": (c) =>
    `"node_modules/${name(c)}": {"version": "${version(c)}", "integrity": "sha512-${c.base64(86)}=="}`,
  "go.sum": (c) => `github.com/pkg/errors v${version(c)} h1:${c.base64(43)}=`,
  "requirements.txt": (c) => `requests==${version(c)} --hash=sha256:${c.hex(64)}`,
  "four-part version": (c) => `<Version>${c.int(1, 20)}.${c.int(0, 20)}.${c.int(0, 99)}.${c.int(0, 99)}</Version>`,
  "version in prose": (c) => `upgraded to version ${c.int(1, 20)}.${c.int(0, 20)}.${c.int(0, 99)}.${c.int(0, 99)}`,
  order: (c) => `order number ${c.digits(10)}, invoice #${c.digits(8)}`,
  "order in JSON": (c) => `{"orderId": ${c.int(1e9, 9e9)}, "total": ${c.int(1, 999)}.${c.digits(2)}}`,
  timestamp: (c) => `ts=${c.int(1_500_000_000, 1_800_000_000)} millis=${c.int(1_500_000_000, 1_800_000_000)}123`,
  date: (c) => `2026-${c.int(10, 12)}-${c.int(10, 28)}T10:${c.int(10, 59)}:${c.int(10, 59)}.${c.digits(3)}Z`,
  "compact date": (c) => `backup_2026${c.int(10, 12)}${c.int(10, 28)}${c.int(100000, 235959)}.tar.gz`,
  loopback: (c) => `listen 127.0.0.1:${c.int(1024, 9999)}; ping ::1; bind 0.0.0.0`,
  network: () => "allow 10.0.0.0/8; mask 255.255.255.0; subnet 192.168.0.0/16",
  colours: (c) => `.a { color: #${c.hex(6)}; background: #${c.hex(8)}; }`,
  image: (c) => `<img src="data:image/png;base64,iVBORw0KGgo${c.base64(400)}=">`,
  certificate: (c) => `-----BEGIN CERTIFICATE-----\nMIID${c.base64(60)}\n${c.base64(64)}\n-----END CERTIFICATE-----`,
  "public key": (c) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${c.base64(43)} me`,
  minified: (c) =>
    `!function(e,t){"use strict";var n=e.${name(c)},r=t[${c.int(0, 9999)}];return n.a0(r)?function(o){return o.b${c.digits(3)}}:null}(this,{${c.int(100, 999)}:1e${c.int(1, 9)}});`,
  placeholders: () => `password = "<your password>"\nAPI_KEY=\${API_KEY}\ntoken: {{ .Values.token }}`,
  environment: () => 'const password = process.env.DB_PASSWORD;\nkey = os.environ["API_KEY"]',
  types: () => "interface Login { password: string; token?: string | null; secretKey: Buffer }",
  "names of code": (c) =>
    `await verifyPassword(input.password, ${name(c)}.passwordHash);\nif (!token) throw new TokenError();`,
  form: () => '<label for="password">Password</label><input type="password" name="password" id="password">',
  translations: () => '"password.forgot": "Forgot your password?", "token.expired": "Your token has expired"',
  prose: () => "The password must be at least eight characters long, and tokens expire after an hour.",
  "prose about keys": () => "Each row has a primary key; the secret to speed is a good sort key and a small cache.",
  handles: (c) => `thanks @${name(c)}, cc @types/node@${version(c)} and icon@2x.png`,
  decorators: () => '@Component({ selector: "app-root" })\nexport class App { @Input() name = ""; }',
  "git remote": () => "git@github.com:group/project.git",
  css: () => "@media (min-width: 640px) { .x { margin: 0 auto -1.5em; transform: translate(10.5px, -3.25px) } }",
  matrix: (c) =>
    `[[${c.int(0, 9)}.${c.digits(6)}, -${c.int(0, 9)}.${c.digits(8)}], [${c.int(100, 999)}, ${c.int(1000, 9999)}]]`,
  "hex dump": (c) => `00000010: ${c.hex(4)} ${c.hex(4)} ${c.hex(4)} ${c.hex(4)} ${c.hex(4)}  ........`,
  assembly: (c) => `mov rax, 0x${c.hex(16)}\nlea rdi, [rip+0x${c.hex(4)}]`,
  mac: (c) => `ether ${[1, 2, 3, 4, 5, 6].map(() => c.hex(2)).join(":")} txqueuelen 1000`,
  port: (c) => `tcp 0 0 :::${c.int(1000, 9999)} LISTEN ${c.int(1000, 99999)}/node`,
  isbn: (c) => `ISBN 978-3-${c.digits(5)}-${c.digits(3)}-${c.digits(1)}`,
  phone_like: (c) => `rows ${c.int(100, 999)}-${c.int(1000, 9999)} of ${c.int(10000, 99999)} in ${c.int(100, 999)} ms`,
  "stack trace": (c) => `    at Object.<anonymous> (/srv/app/dist/main.js:${c.int(1, 999)}:${c.int(1, 99)})`,
  "C++": () => "std::map<std::string, int> a::b::c; auto x = ns::fn(1, 2); label: case 0x1F: break;",
  rust: () => "let key = map.keys().next().unwrap(); let token = lexer.next_token()?;",
  sql: (c) => `SELECT id, password_hash, token_count FROM users WHERE id = ${c.int(1, 99999)} LIMIT 10;`,
  url: (c) => `https://docs.site.dev/v${c.int(1, 9)}/guide/${name(c)}s?page=${c.int(1, 99)}&sort=asc#L${c.int(1, 500)}`,
  "long word": () => "AbstractAuthenticationTokenProcessingFilterConfigurationFactoryBean",
  "cache key": (c) => `cacheKey = "user:profile:v${c.int(1, 9)}"; primaryKey: "id"; keyCode === ${c.int(10, 99)}`,
  snowflake: (c) => `{"tweet_id": ${c.int(1, 9)}${c.digits(17)}, "likes": ${c.int(1, 9999)}}`,
};

export const ordinaryLine = (chance: Chance): string => chance.of(Object.values(ORDINARY))(chance);
