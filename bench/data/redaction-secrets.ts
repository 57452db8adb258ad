/** Secrets nobody uses, in the formats of their issuers and in the places where people leave them. */
import { type Chance, joined, type Labelled, labelled, marked } from "./redaction-labelled.ts";

const s = marked("SECRET");
const base64url = (chance: Chance, length: number) => chance.base64(length).replaceAll("+", "-").replaceAll("/", "_");
const upper = (chance: Chance, length: number) => chance.alnum(length).toUpperCase();
const wrap = (text: string, width: number, by: string) => (text.match(new RegExp(`.{1,${width}}`, "g")) ?? []).join(by);
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Tokens that say what they are. */
export const TOKENS: Readonly<Record<string, (chance: Chance) => string>> = {
  "AWS access key id": (c) => `AKIA${c.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`,
  "GitHub token": (c) => c.of([`ghp_${c.alnum(36)}`, `gho_${c.alnum(36)}`, `github_pat_${c.alnum(22)}_${c.alnum(59)}`]),
  "GitLab token": (c) => `glpat-${base64url(c, 20)}`,
  "Slack token": (c) =>
    c.of([
      `xoxb-${c.digits(12)}-${c.digits(12)}-${c.alnum(24)}`,
      `xapp-1-A${upper(c, 10)}-${c.digits(13)}-${c.hex(64)}`,
    ]),
  "Slack webhook": (c) => `hooks.slack.com/services/T${upper(c, 8)}/B${upper(c, 8)}/${c.alnum(24)}`,
  "Stripe key": (c) => c.of([`sk_live_${c.alnum(24)}`, `sk_test_${c.alnum(99)}`, `rk_live_${c.alnum(24)}`]),
  "OpenAI key": (c) => c.of([`sk-${c.alnum(20)}T3BlbkFJ${c.alnum(20)}`, `sk-proj-${base64url(c, 120)}`]),
  "Anthropic key": (c) => `sk-ant-api03-${base64url(c, 93)}AA`,
  "Hugging Face token": (c) => `hf_${c.text(34, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")}`,
  "npm token": (c) => `npm_${c.alnum(36)}`,
  "PyPI token": (c) => `pypi-AgEIcHlwaS5vcmc${base64url(c, 120)}`,
  "Google API key": (c) => `AIza${base64url(c, 35)}`,
  "Google OAuth token": (c) => c.of([`ya29.a0${base64url(c, 80)}`, `GOCSPX-${base64url(c, 28)}`]),
  "SendGrid key": (c) => `SG.${base64url(c, 22)}.${base64url(c, 43)}`,
  "Twilio key": (c) => `SK${c.hex(32)}`,
  "Discord token": (c) => `M${c.alnum(23)}.${c.alnum(6)}.${base64url(c, 38)}`,
  "Telegram token": (c) => `${c.digits(10)}:AA${base64url(c, 33)}`,
  "DigitalOcean token": (c) => `dop_v1_${c.hex(64)}`,
  "Shopify token": (c) => `shpat_${c.hex(32)}`,
  "Databricks token": (c) => `dapi${c.hex(32)}`,
  "Vault token": (c) => `hvs.${base64url(c, 90)}`,
  "Docker Hub token": (c) => `dckr_pat_${base64url(c, 27)}`,
  "Grafana token": (c) => `glsa_${c.alnum(32)}_${c.hex(8)}`,
  "New Relic key": (c) => `NRAK-${upper(c, 27)}`,
  "Linear key": (c) => `lin_api_${c.alnum(40)}`,
  "JSON Web Token": (c) => {
    const parts = [
      { alg: "HS256", typ: "JWT" },
      { sub: c.digits(10), iat: c.int(1_500_000_000, 1_800_000_000) },
    ];
    const [head, body] = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
    return `${head}.${body}.${base64url(c, 43)}`;
  },
  "age key": (c) => `AGE-SECRET-KEY-1${c.text(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")}`,
  "Groq key": (c) => `gsk_${c.alnum(52)}`,
  "Replicate token": (c) => `r8_${c.alnum(37)}`,
  "Mailgun key": (c) => `key-${c.hex(32)}`,
  "Postman key": (c) => `PMAK-${c.hex(24)}-${c.hex(34)}`,
  "Terraform Cloud token": (c) => `${c.alnum(14)}.atlasv1.${base64url(c, 67)}`,
  "Entra client secret": (c) => `${c.alnum(3)}8Q~${c.alnum(34)}`,
};

const TOKEN_PLACES: readonly ((token: string) => Labelled)[] = [
  (v) => labelled`export const client = connect("${s(v)}");`,
  (v) => labelled`is this one still valid? ${s(v)}`,
  (v) => labelled`curl -H "Authorization: Bearer ${s(v)}" https://api.service.io/v1/me`,
  (v) => labelled`TOKEN=${s(v)}`,
  (v) => labelled`{"event":"login","body":"{\"token\":\"${s(v)}\"}"}`,
  (v) => labelled`-  value: ${s(v)}`,
  (v) => labelled`ERROR 401 for https://svc.internal/cb?code=1&t=${s(v)}`,
  (v) => labelled`('${s(v)}', 'ci'),`,
];

/** As people make them up. */
function password(c: Chance): string {
  const word = c.of(["Summer", "hunter", "dragon", "Berlin", "letmein", "correct", "Tr0ub4dor", "qwerty", "Sunshine"]);
  return c.of([
    `${word}${c.int(10, 9999)}!`,
    `${word}@${c.int(100, 2030)}`,
    `${word}-${c.hex(4)}`,
    c.alnum(12),
    `${c.alnum(6)}#${c.alnum(5)}`,
    c.alnum(20),
  ]);
}

/** Places that make of any word a password. `p` is what people made up, `k` what a machine made. */
export const PLACES: Readonly<Record<string, (p: string, k: string, c: Chance) => Labelled>> = {
  ".env": (p, k) => labelled`APP_ENV=production
DB_PASSWORD=${s(p)}
JWT_SECRET="${s(k)}"
PORT=8080`,
  YAML: (p) => labelled`database:
  user: app
  password: ${s(p)}
  pool: 5`,
  "YAML, quoted": (p, k) => labelled`smtp:
  pass: '${s(p)}'
api_key: "${s(k)}"`,
  TOML: (p, k) => labelled`[auth]
secret_key = "${s(k)}"
password = '${s(p)}'`,
  INI: (p) => labelled`[client]
user=root
password=${s(p)}`,
  properties: (p) => labelled`spring.datasource.username=sa
spring.datasource.password=${s(p)}`,
  XML: (p, k) => labelled`<add key="ApiKey" value="${s(k)}" />
<password>${s(p)}</password>`,
  Terraform: (p) => labelled`resource "aws_db_instance" "main" {
  username = "admin"
  password = "${s(p)}"
}`,
  SQL: (p) => labelled`CREATE USER app IDENTIFIED BY '${s(p)}';
ALTER ROLE web WITH PASSWORD '${s(`${p}x1`)}';`,
  Python: (p, k) => labelled`conn = psycopg2.connect(host="db", user="app", password="${s(p)}")
SECRET_KEY = '${s(k)}'`,
  JavaScript: (p, k) => labelled`const config = { user: "root", password: "${s(p)}", apiKey: '${s(k)}' };`,
  TypeScript: (_, k) => labelled`private readonly apiSecret: string = "${s(k)}";`,
  Java: (p) => labelled`private static final String DB_PASSWORD = "${s(p)}";`,
  "C#": (p) => labelled`var cs = "Server=db;Database=shop;User Id=sa;Password=${s(p)};Encrypt=true";`,
  PHP: (p) => labelled`define('DB_PASSWORD', '${s(p)}');
$config['password'] = '${s(`${p}7`)}';`,
  Go: (_, k) => labelled`	apiKey := "${s(k)}"`,
  Ruby: (p) => labelled`config.password = "${s(p)}"`,
  shell: (p) => labelled`export PGPASSWORD='${s(p)}'
psql -h db -U app`,
  "curl -u": (p) => labelled`curl -u admin:${s(p)} https://jenkins.intern.net/job/x`,
  mysql: (p) => labelled`mysql -u root -p${s(p)} shop < dump.sql`,
  sshpass: (p) => labelled`sshpass -p '${s(p)}' ssh deploy@web`,
  flag: (p) => labelled`./server --db-password ${s(p)} --port 80`,
  "docker login": (p) => labelled`docker login -u ci -p ${s(p)} registry.intern.net`,
  Dockerfile: (_, k) => labelled`ENV API_TOKEN=${s(k)}`,
  "database URL": (p) => labelled`DATABASE_URL=postgres://app:${s(p.replace(/[@#]/g, "_"))}@db:5432/shop`,
  "MongoDB URL": (p) => labelled`mongodb+srv://app:${s(p.replace(/[@#]/g, "_"))}@cluster0.mongodb.net/x`,
  "Redis URL": (p) => labelled`redis://:${s(p.replace(/[@#]/g, "_"))}@cache:6379/0`,
  AMQP: (p) => labelled`broker = "amqp://guest2:${s(p.replace(/[@#]/g, "_"))}@mq:5672//"`,
  "git URL": (_, k) => labelled`git clone https://oauth2:${s(k)}@git.intern.net/team/app.git`,
  "basic header": (p) => labelled`Authorization: Basic ${s(base64(`admin:${p}`))}`,
  "bearer header": (_, k) => labelled`  -H 'Authorization: Bearer ${s(k)}' \\`,
  "API key header": (_, k) => labelled`headers: { "X-API-Key": "${s(k)}" }`,
  netrc: (p) => labelled`machine api.heroku.com login me@corp password ${s(p)}`,
  pgpass: (p) => labelled`db.intern.net:5432:shop:app:${s(p)}`,
  kubeconfig: (_, k) => labelled`users:
- name: admin
  user:
    token: ${s(k)}`,
  "Kubernetes Secret": (p) => labelled`apiVersion: v1
kind: Secret
metadata:
  name: db
data:
  pw: ${s(base64(p))}
  dsn: ${s(base64(`postgres://x:${p}@db`))}`,
  "docker config": (p) => labelled`{"auths":{"https://index.docker.io/v1/":{"auth":"${s(base64(`ci:${p}`))}"}}}`,
  npmrc: (_, k) => labelled`//registry.intern.net/:_authToken=${s(k)}`,
  "AWS credentials": (_, _k, c) => labelled`[default]
aws_access_key_id = ${s(`AKIA${c.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`)}
aws_secret_access_key = ${s(c.base64(40))}`,
  "Azure storage": (_, _k, c) =>
    labelled`DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${s(`${c.base64(86)}==`)};EndpointSuffix=core.windows.net`,
  "Azure service bus": (_, _k, c) =>
    labelled`Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=${s(`${c.base64(43)}=`)}`,
  "Google service account": (_, _k, c) => labelled`{
  "type": "service_account",
  "private_key_id": "${c.hex(40)}",
  "private_key": "${s(`-----BEGIN PRIVATE KEY-----\\n${wrap(c.base64(600), 64, "\\n")}\\n-----END PRIVATE KEY-----`)}\\n"
}`,
  "private key": (_, _k, c) => {
    const kind = c.of([
      "RSA PRIVATE KEY",
      "PRIVATE KEY",
      "OPENSSH PRIVATE KEY",
      "EC PRIVATE KEY",
      "PGP PRIVATE KEY BLOCK",
    ]);
    return labelled`${s(`-----BEGIN ${kind}-----\n${wrap(c.base64(700), 64, "\n")}\n-----END ${kind}-----`)}`;
  },
  "private key in a patch": (_, _k, c) =>
    labelled`+++ b/id_rsa
+${s(`-----BEGIN RSA PRIVATE KEY-----\n+${wrap(c.base64(640), 64, "\n+")}\n+-----END RSA PRIVATE KEY-----`)}`,
  "JSON in JSON": (p) => labelled`{"level":"info","body":"{\"user\":\"x\",\"password\":\"${s(p)}\"}"}`,
  "JSON in JSON in JSON": (p) => labelled`{"a":"{\"b\":\"{\\\"password\\\":\\\"${s(p)}\\\"}\"}"}`,
  "query of a URL": (p, k) =>
    labelled`GET /login?user=x&password=${s(p.replace(/[#]/g, "_"))}&access_token=${s(k)} HTTP/1.1`,
  log: (p) => labelled`2026-01-04T09:00:00Z DEBUG auth user=app password=${s(p)} ok=false`,
  trace: (p) => labelled`Error: connect failed {"host":"db","password":"${s(p)}"}
    at Pool.connect (/srv/pool.js:10:3)`,
  patch: (p, k) => labelled`-    password: "${s(p)}",
+    password: "${s(`${p}_2`)}",
-API_KEY=${s(k)}`,
  prose: (p) => labelled`The password is ${s(p)}, please try it.`,
  "prose, German": (p) => labelled`Das Passwort lautet: ${s(p)}`,
  "prose, Spanish": (p) => labelled`contraseña: ${s(p)}`,
  "prose, Chinese": (p) => labelled`密码：${s(p)}`,
  "prose, Russian": (p) => labelled`пароль: ${s(p)}`,
  PowerShell: (p) => labelled`$pw = ConvertTo-SecureString "${s(p)}" -AsPlainText -Force`,
  "SAS URL": (_, _k, c) =>
    labelled`https://x.blob.core.windows.net/c/f?sv=2024-01-01&sig=${s(`${encodeURIComponent(`${c.base64(43)}=`)}`)}`,
  "bare key": (_, _k, c) => labelled`const k = "${s(`${c.base64(20)}9aZ${c.base64(20)}`)}";`,
  htpasswd: (p) => labelled`htpasswd -b /etc/nginx/.htpasswd jane ${s(p)}`,
  Ansible: (p) => labelled`ansible_become_pass: ${s(p)}`,
  "Helm values": (p) => labelled`auth:
  rootPassword: "${s(p)}"
  replicationPassword: ${s(`${p}R2`)}`,
  "CI variable": (_, k) => labelled`    env:
      DEPLOY_TOKEN: ${s(k)}`,
  Django: (_, k) => labelled`SECRET_KEY = "django-insecure-${s(k)}"`,
};

/** `count` texts of each place, among lines that hold nothing. */
export function* secrets(
  count: number,
  chance: Chance,
  ordinary: (chance: Chance) => string,
): Generator<[string, Labelled]> {
  const within = (text: Labelled) =>
    joined([{ text: ordinary(chance), labels: [] }, text, { text: ordinary(chance), labels: [] }]);
  const key = () => chance.of([chance.hex(32), chance.alnum(32), chance.base64(40), chance.alnum(24), chance.hex(40)]);
  for (let n = 0; n < count; n += 1) {
    for (const [name, place] of Object.entries(PLACES)) yield [name, within(place(password(chance), key(), chance))];
    for (const [name, token] of Object.entries(TOKENS)) yield [name, within(chance.of(TOKEN_PLACES)(token(chance)))];
  }
}
