import { expect, test } from "vitest";
import { found, redacted } from "../../testing/found.ts";

const A = "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA2bC4dE6fG8h";
const HEX = "0f3a9c1e5b7d2846af90c3e1b5d7f2846a0c9e3b";

/** Put together here, so that no scanner takes this file for a leak. */
const token = (...parts: readonly string[]) => parts.join("");

test.each([
  ["AWS", token("AKIA", "QWERTYUIOPASDF27")],
  ["GitHub", token("ghp_", A.slice(0, 36))],
  ["GitHub, fine-grained", token("github_pat_", A.slice(0, 22), "_", A, A.slice(0, 16))],
  ["GitLab", token("glpat-", A.slice(0, 20))],
  ["Slack", token("xoxb-", "123456789012-123456789012-", A.slice(0, 24))],
  ["Stripe", token("sk_live_", A.slice(0, 24))],
  ["OpenAI", token("sk-proj-", A, A)],
  ["Anthropic", token("sk-ant-", "api03-", A, A)],
  ["Hugging Face", token("hf_", A.slice(0, 34))],
  ["npm", token("npm_", A.slice(0, 36))],
  ["PyPI", token("pypi-", "AgEIcHlwaS5vcmc", A, A)],
  ["Google", token("AIza", A.slice(0, 35))],
  ["SendGrid", token("SG.", A.slice(0, 22), ".", A.slice(0, 43))],
  ["Telegram", token("1234567890", ":AA", A.slice(0, 33))],
  ["Vault", token("hvs.", A, A)],
  ["a JSON Web Token", token("eyJ", "hbGciOiJIUzI1NiJ9", ".eyJ", "zdWIiOiIxMjM0NTY3ODkwIn0", ".", A)],
])("finds a token of %s wherever it stands", (_, secret) => {
  expect(found(`see ${secret} there`)).toEqual([`SECRET ${secret}`]);
  expect(found(`f("${secret}")`)).toEqual([`SECRET ${secret}`]);
  expect(found(`https://svc.internal/cb?a=1&t=${secret}&b=2`)).toEqual([`SECRET ${secret}`]);
});

test("finds what stands beside an account of Twilio's", () => {
  const account = token("AC", HEX.slice(0, 32));
  const secret = HEX.slice(4, 36);
  expect(found(`new Client('${account}', '${secret}')`)).toEqual([`SECRET ${account}`, `SECRET ${secret}`]);
  expect(found(`["${account}", "${HEX.slice(0, 31)}"]`)).toEqual([`SECRET ${account}`]);
});

test("takes all of a token that is longer than any engine's stack", () => {
  const long = token("eyJ", "a1B2".repeat(200_000));
  expect(found(`x ${long}.${long} y`)).toEqual([`SECRET ${long}.${long}`]);
});

test("leaves the fillers of documentation alone", () => {
  expect(found(token("ghp_", "x".repeat(36)))).toEqual([]);
  expect(found('password = "<your password>"')).toEqual([]);
  expect(found("API_KEY=your-api-key-here")).toEqual([]);
  expect(found("token: {{ .Values.token }}")).toEqual([]);
  expect(found("API_SECRET=<your-api-secret>\nREGION=eu-west-2")).toEqual([]);
  expect(found(`password: "{{ pw | password_hash('sha512') }}"`)).toEqual([]);
  expect(found("Argon2id is the password hash, and bcrypt2 is the password.")).toEqual([]);
});

/** What stands for the secret is ❰here❱. */
test.each([
  ["an environment file", "DB_PASSWORD=❰hunter2!x❱\nPORT=80"],
  ["YAML", "db:\n  password: ❰hunter2!x❱\n  pool: 5"],
  ["TOML", 'secret_key = "❰k3yM4t3ri4l9Zq❱"'],
  ["properties", "spring.datasource.password=❰hunter2!x❱"],
  ["XML, an attribute", '<add key="ApiKey" value="❰k3yM4t3ri4l9Zq7❱" />'],
  ["XML, an element", "<password>❰hunter2!x❱</password>"],
  ["XML, an element of three lines", "<password>\n  ❰hunter2!x❱\n</password>"],
  ["Terraform", '  password = "❰correct horse 7!❱"'],
  ["Python", 'connect(user="app", password="❰hunter2!x❱")'],
  ["JavaScript", "const c = { password: '❰hunter2!x❱', port: 1 };"],
  ["TypeScript", 'private readonly apiSecret: string = "❰k3yM4t3ri4l9Zq❱";'],
  ["Java", 'static final String DB_PASSWORD = "❰hunter2!x❱";'],
  ["C#", '"Server=db;User Id=sa;Password=❰hunter2!x❱;Encrypt=true"'],
  ["PHP", "define('DB_PASSWORD', '❰hunter2!x❱');"],
  ["PHP, put together", '$token .= "❰k3yM4t3ri4l9Zq7❱";'],
  ["Go", 'apiKey := "❰k3yM4t3ri4l9Zq7❱"'],
  ["a flag", "./server --db-password ❰letmein-6256❱ --port 80"],
  ["JSON", '{"user":"x","password":"❰hunter2!x❱"}'],
  ["JSON in JSON", '{"body":"{\\"password\\":\\"❰hunter2!x❱\\"}"}'],
  ["JSON in JSON in JSON", '{"a":"{\\"b\\":\\"{\\\\\\"password\\\\\\":\\\\\\"❰hunter2!x❱\\\\\\"}\\"}"}'],
  ["a log", "auth user=app password=❰hunter2!x❱ ok=false"],
  ["a patch", '-  password: "❰hunter2!x❱",'],
  ["English prose", "The password is ❰hunter2!x❱, please try."],
  ["German prose", "Das Passwort lautet: ❰hunter2!x❱"],
  ["Chinese", "密码：❰hunterHunterX❱"],
  ["Russian", "пароль: ❰hunter2!x❱"],
  ["a query", "GET /login?password=❰hunter2!x❱&b=1"],
  ["a percent-encoded query", "next=%2Flogin%3Fpassword%3D❰hunter2!x❱%26b"],
  ["an answer after a long URL", `webhook: https://a.io/${"p/".repeat(40)}?access_token=❰${A}❱`],
  ["YAML, on the next line", "password:\n  ❰multi-L1ne-pw❱\nport: 80"],
  ["YAML, a block", "password: |\n  ❰multi-L1ne-pw❱\nport: 80"],
  ["a flag whose value begins like a word", "./server --api-key ❰to7Gk29sLq0Zz81kWq❱"],
  ["a flag in quotes", "gpg --passphrase '❰drei kleine Worte❱' -d a.gpg"],
  ["French prose", "le mot de passe est ❰Kran7x!wal❱"],
  ["English prose of where it is for", "the password for the office router is ❰Kran7x!wal❱."],
  ["words that dice chose", 'password: "❰correct horse battery staple❱"'],
  ["a wallet's words", 'MNEMONIC="❰witch collapse practice feed shame open despair creek road again ice least❱"'],
  ["a line at random, with a space", "define('AUTH_KEY', '❰|x8}Hq>T]z-1@L+k?6 (w7%Nf|=mR!c;JvA2^<y*9sD:/BEg0~❱');"],
  ["a setting in quotes of its own", `docker run -e "MYSQL_ROOT_PASSWORD=❰kl4#;Qp,9❱" mysql`],
  ["an argument in quotes of its own", 'args: ["--admin-password=❰Ab3x;Yz9Qw❱"]'],
  ["a connection string, with signs", '"Server=db;Password=❰Tr0ub4dor&3❱;Encrypt=true"'],
  ["a form, encoded", "username=bob&password=❰Tr0ub4dor%2C3❱&remember=1"],
  ["an element of XML, with signs", "<password>❰Ab3x;Yz9Qw❱</password>"],
  ["YAML, with a quote in it", "password: '❰O''Brien99❱'"],
  ["an open bracket", "DB_PASSWORD=❰Ab3x[Yz9Qw❱\nPORT=80"],
  ["letters beyond ASCII", 'password: "❰Kraków2022❱"'],
  ["a variable of a container", "env:\n  - name: DB_PASSWORD\n    value: ❰Ab3x&Yz9Qw❱\n  - name: PORT"],
  ["a variable in one line", `- {name: API_TOKEN, value: ❰${HEX}❱}`],
  ["a variable of Terraform", 'variable "db_password" {\n  type    = string\n  default = "❰Sommer2024!❱"\n}'],
  ["a parameter of CloudFormation", '{"ParameterKey":"DbPassword","ParameterValue":"❰Sommer2024!❱"}'],
  ["a value one level down", '{"password":{"value":"❰Sommer2024!❱"}}'],
  ["what stands in for a variable", `password = System.getenv("KEY_PASSWORD") ?: "❰Sommer2024!❱"`],
  ["what stands in for a variable of Ruby", `ENV['SMTP_PASSWORD'] ||= '❰Sommer2024!❱'`],
  ["a patch with more spaces", "@@ -1,2 +1,2 @@\n+  password: ❰barcelona10❱\n   pool: 5"],
  ["a dotted name", "app.api.key=❰2d4274fa-59c5-4b97-ba45-c37e343b71d8❱"],
  ["a few words with digits", '    postgresPassword: "❰pg admin 9❱"'],
  ["German prose of where it is for", "Das Passwort für den Datenbankserver lautet ❰Sommer2024!❱, Benutzer sa"],
  ["German prose of setting it", "Bitte setze das Root-Passwort auf ❰Passw0rd!❱ und starte neu"],
  ["French prose in quotes", "mot de passe « ❰Sommer2024!❱ » mais"],
  ["Italian prose", "La password del database è ❰Passw0rd!❱, utente sa"],
  ["Polish prose", "Hasło do bazy to ❰Passw0rd!❱, użytkownik root"],
  ["German of a key", "API-Schlüssel: ❰c8e6a3a7fe16c81c07b3dda1009d8858❱"],
  ["English prose, before its name", "Please use ❰velvet-harbor-21❱ as the passphrase when you generate it."],
  ["English prose, before its name, as a fact", "Try it: ❰Kran7x!wal❱ is my password."],
  ["YAML, with a question mark", "auth:\n  postgresPassword: ❰Pepper2021?❱\n  port: 80"],
  ["a server's own setting", "  app.conf: |\n    listen 8080\n    db_password ❰zephyr-quartz-96❱\n    workers 4"],
  ["a column of CSV whose cells have commas", 'name,password\n"Rossi, Paolo",❰Kran7x!wal❱\n'],
  ["a column of CSV", "user,password\nlea,❰Kran7x!wal❱\n"],
  ["a column of Markdown", "| user | password |\n|---|---|\n| lea | ❰Kran7x!wal❱ |"],
  ["a column of SQL", "INSERT INTO users (id, name, password) VALUES (1, 'admin', '❰hunter2!x❱');"],
])("finds the value beside a secret's name in %s", (_, marked) => {
  const secret = /❰(.*)❱/.exec(marked)?.[1] ?? "";
  expect(found(marked.replace(/[❰❱]/g, ""))).toEqual([`SECRET ${secret}`]);
});

test.each([
  ["curl", "curl -u admin:❰hunter2!x❱ https://jenkins.intern.net"],
  ["curl, among other flags", "curl -su 'elastic:❰el4stic+Pw❱' https://es"],
  ["curl, in quotes", "curl -u 'admin:❰Ab3x&Yz9Qw❱' https://x.io"],
  ["a flag of one word", "./deploy.sh --user admin --password ❰juventus❱ --env prod"],
  ["redis-server", "redis-server --requirepass ❰S3cret99x❱ --appendonly yes"],
  ["a parameter store", 'aws ssm put-parameter --name /prod/db --value "❰Sommer2024!❱"'],
  ["a pipe to docker", 'echo "❰Sommer2024!❱" | docker login --username ci --password-stdin'],
  ["a pipe to a store of secrets", 'echo -n "❰Sommer2024!❱" | gcloud secrets create db --data-file=-'],
  ["httpie", "http -a bob:❰Sommer2024!❱ GET api.acme.io"],
  ["a data source of Go", 'sql.Open("mysql", "root:❰azerty64❱@tcp(db:3306)/shop")'],
  ["SQL, with signs", "ALTER USER app IDENTIFIED BY '❰kl4#;Qp,9❱';"],
  ["SQL of Postgres", "CREATE USER app WITH PASSWORD '❰azerty64❱';"],
  ["SQL's function", "SET PASSWORD FOR 'bob'@'%' = PASSWORD('❰letmein❱');"],
  ["Perl's DBI", 'DBI->connect("dbi:mysql:database=shop", "root", "❰Sommer2024!❱", {})'],
  ["a method of a log-in", "$ssh->login('root', '❰Sommer2024!❱')"],
  ["Rust's reqwest", '.basic_auth("bob", Some("❰Sommer2024!❱"))'],
  ["credentials beside a user", "Credentials: root:❰Sommer2024!❱"],
  ["sshpass, words", "sshpass -p '❰Fisch Brot 9❱' ssh deploy@web"],
  ["mongosh", "mongosh -u root -p ❰m0ng0Root❱"],
  ["az login", "az login -u lea -p ❰Azur!pw77❱"],
  ["rabbitmqctl", "rabbitmqctl add_user app ❰r4bbit-Pw❱"],
  ["lftp", "lftp -u deploy,❰lftp-Pw1❱ sftp://h"],
  ["xfreerdp", "xfreerdp /v:h /u:a /p:❰Rdp#2024❱"],
  ["sqlplus", "sqlplus scott/❰t1ger_X❱@orcl"],
  ["net use", "net use Z: \\\\fs\\share /user:ACME\\lea ❰N3tUse!❱"],
  ["PDO", "$db = new PDO('mysql:host=db', 'app', '❰pd0-Pass!9❱');"],
  ["JDBC", 'DriverManager.getConnection(url, "app", "❰jav4-Pw!❱")'],
  ["a JWT's signer", "jwt.sign({ id: 1 }, '❰jwt-S1gn-Geheimnis❱')"],
  ["an HMAC in JavaScript", "crypto.createHmac('sha256', '❰hm4c-Sign-Key❱')"],
  ["an HMAC in Python", "hmac.new(b'❰hm4c-Sign-Key❱', msg, hashlib.sha256)"],
  ["a cipher", "AES.new(b'❰S3chzehn+Bytes!!❱', AES.MODE_CBC, iv)"],
  ["a switch", "snmp-server community ❰gehe1mROnly❱ RO"],
  ["a function's URL", `https://x.azurewebsites.net/api/T?code=❰${A}${A}==❱`],
  ["a bot's URL", token("https://api.telegram.org/bot❰5364391582", ":AA", A.slice(0, 33), "❱/getMe")],
  ["a table of passwords", token("admin:❰$2y$", "10$eQj0iSjapmxkiE8JdBmqaK1ffYrUtRqOi3j8vbQKTIXzIgyllHYZH❱")],
  ["mysql", "mysql -u root -p❰hunter2!x❱ shop"],
  ["sshpass", "sshpass -p '❰hunter2!x❱' ssh deploy@web"],
  ["docker login", "docker login -u ci -p ❰letmein-6256❱ registry.intern.net"],
  ["SQL", "CREATE USER app IDENTIFIED BY '❰hunter2!x❱';"],
  ["a header", `Authorization: Bearer ❰${A}❱`],
  ["a basic header", "Authorization: Basic ❰YWRtaW46aHVudGVyMg==❱"],
  ["PowerShell", 'ConvertTo-SecureString "❰hunter2!x❱" -AsPlainText'],
  ["PowerShell, assigned", '$pw = ConvertTo-SecureString "❰hunter2!x❱" -AsPlainText'],
  ["netrc", "machine api.service.io login me password ❰dragon-a54a❱"],
  ["pgpass", "db.intern.net:5432:shop:app:❰Tr0ub4dor-928e❱"],
  ["Azure storage", `AccountName=shop;AccountKey=❰${A}${A}==❱;EndpointSuffix=x`],
  ["a URL of Postgres", "postgres://app:❰hunter2!x❱@db:5432/shop"],
  ["a URL without a user", "redis://:❰hunter2!x❱@cache:6379/0"],
  ["a URL whose password has a slash", "amqp://app:❰hun/ter2!x❱@mq:5672"],
  ["a URL whose password is encoded", "postgres://app:❰p%40ss%2Fw%20rd❱@db:5432/shop"],
])("finds the secret that %s takes without a name", (_, marked) => {
  const secret = /❰(.*)❱/.exec(marked)?.[1] ?? "";
  expect(found(marked.replace(/[❰❱]/g, ""))).toEqual([`SECRET ${secret}`]);
});

test.each([..."&,;)]}|<>'\"`"])("takes all of a setting's value that has %s in it", (sign) => {
  const value = `Kran7x${sign}wal9Ke`;
  expect(found(`DB_PASSWORD=${value}\nPORT=80`)).toEqual([`SECRET ${value}`]);
  if (!`<>'"\``.includes(sign)) expect(found(`password: ${value}\nport: 80`)).toEqual([`SECRET ${value}`]);
});

test.each([
  ["a setting", (long: string) => `export AWS_SESSION_TOKEN=${long}`],
  ["a setting in quotes", (long: string) => `token = "${long}"`],
  ["a header", (long: string) => `Authorization: Bearer ${long}`],
  ["an argument", (long: string) => `docker login -u ci -p ${long} x`],
  ["a query", (long: string) => `/cb?access_token=${long}&b=1`],
])("takes all of a token that is longer than what is read of %s", (_, write) => {
  const long = A.repeat(300);
  expect(found(write(long))).toEqual([`SECRET ${long}`]);
});

test("takes all of a password in quotes that is longer than what is read, up to its quote", () => {
  const long = "Kran7x!wal-".repeat(5_000);
  expect(found(`password = "${long}" # and more`)).toEqual([`SECRET ${long}`]);
});

test("ends a value where the next begins, or what it stands in goes on", () => {
  expect(found("Password=Kran7x;User Id=sa")).toEqual(["SECRET Kran7x"]);
  expect(found("PASSWORD=Kran7x&&./run")).toEqual(["SECRET Kran7x"]);
  expect(found('"PASSWORD=Kran7x","next"')).toEqual(["SECRET Kran7x"]);
  expect(found("PASSWORD=Kran7x</pre>")).toEqual(["SECRET Kran7x"]);
  expect(found("connect(\n  user=app,\n  password=Kran7x)")).toEqual(["SECRET Kran7x"]);
  expect(found("The password is Tr0ub4dor&3, try it")).toEqual(["SECRET Tr0ub4dor&3"]);
});

test.each([
  "hasło",
  "lösenord",
  "salasana",
  "adgangskode",
  "jelszo",
  "geheim",
  "segredo",
  "секрет",
  "mot de passe",
  "wachtwoord",
  "parola",
  "heslo",
  "şifre",
  "senha",
  "contraseña",
  "kennwort",
])("knows a password called %s", (name) => {
  expect(found(`${name}: Kran7x!wal`)).toEqual(["SECRET Kran7x!wal"]);
});

const body = Array.from({ length: 8 }, (_, row) => `${A}${row}${A}`.slice(0, 64));
const pem = (kind: string, by = "\n") => [`-----BEGIN ${kind}-----`, ...body, `-----END ${kind}-----`].join(by);

test.each(["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"])(
  "takes out all of a %s",
  (kind) => {
    expect(redacted(`a\n${pem(kind)}\nb`)).toBe("a\n<SECRET>\nb");
  },
);

test("takes out a private key whose lines are escaped, prefixed, or cut off", () => {
  expect(redacted(`{"private_key": "${pem("PRIVATE KEY", "\\n")}\\n"}`)).toBe('{"private_key": "<SECRET>\\n"}');
  expect(redacted(`+${pem("PRIVATE KEY", "\n+")}\n+end`)).toBe("+<SECRET>\n+end");
  expect(redacted(pem("PRIVATE KEY").split("\n").slice(0, 5).join("\n"))).toBe("<SECRET>");
});

test("leaves certificates and public keys alone", () => {
  expect(found(pem("CERTIFICATE"))).toEqual([]);
  expect(found(`ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${A} me`)).toEqual([]);
});

test("takes the values of a Kubernetes Secret for secret whatever they are called, and those of a ConfigMap not", () => {
  const manifest = (kind: string) => `kind: ${kind}\nmetadata:\n  name: x\ndata:\n  greeting: aGVsbG8=\n`;
  expect(found(manifest("Secret"))).toEqual(["SECRET aGVsbG8="]);
  expect(found(manifest("ConfigMap"))).toEqual([]);
});

test("takes base64 for a secret when what it says would be one", () => {
  const encode = (text: string) => Buffer.from(text).toString("base64");
  expect(found(`x ${encode('{"password": "hunter2!x"}')} y`)).toHaveLength(1);
  expect(found(`x ${encode("nothing to see here, move on")} y`)).toEqual([]);
});

test("takes a long random string for a secret even without a name, but no hash, UUID or integrity", () => {
  expect(found(`const k = "${A}";`)).toEqual([`SECRET ${A}`]);
  expect(found(`commit ${HEX}`)).toEqual([]);
  expect(found(`const k = "${HEX}";`)).toEqual([]);
  expect(found('const id = "6f1c2d3e-4b5a-4978-8695-a4b3c2d1e0f9";')).toEqual([]);
  expect(found(`"integrity": "sha512-${A}${A}=="`)).toEqual([]);
});

test.each([
  "interface Login { password: string; token?: string | null }",
  "const password = process.env.DB_PASSWORD;",
  'key = os.environ["API_KEY"]',
  "await verifyPassword(input.password, user.passwordHash);",
  '<label for="password">Password</label>',
  '<input type="password" name="password" id="password">\n2026-01-03 login failed',
  "</password>\nnextline = 1",
  '"password.forgot": "Forgot your password?"',
  "The password must be at least eight characters long.",
  "use --password to set it",
  "each row has a primary key, the secret to speed",
  "max_tokens: 4096, tokenizer: qwen",
  "mysql -u root -p shop_production < a.sql",
  `public key: ${A}=`,
  `Cache restored from key: node-Linux-${HEX}`,
  "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
  `script-src 'sha256-${A}='`,
  `sha256 = "${A}="`,
  token("certificate-authority-data: LS0tLS1CRUdJTi", "BDRVJUSUZJQ0FURS0tLS0t", A, A),
  "password: @Microsoft.KeyVault(SecretUri=https://x.vault.azure.net/secrets/db)",
  "login(username, password, cb)\nrender(view, model, opts)",
  "const {\n  username,\n  password,\n  email,\n  remember,\n} = req.body",
  "SELECT user, password\nFROM accounts, members",
  "| `DB_PASSWORD` | none | The password |\n| `TOKEN_TTL` | `3600` | Lifetime |",
  '{"password":"Passwort","secret":"Geheimnis","client_secret":"Secret"}',
  "login.password=Password",
  "secretKey: password",
  "existingSecret: pg-credentials",
  "adminPasswordKey: postgres-password",
  "secrets: inherit",
  "OAuth2Authorization authorization = OAuth2Authorization.withRegisteredClient(client)",
  '"Authorization": "Bearer "+token)',
  "issues identified by tools and people",
  "$rules = ['password' => 'required|string|min:8|confirmed'];",
  '"illuminate/auth": "^9.0|^10.0|^11.0",',
  "docker run --user 1000:1000 -v x:/y postgres",
  "func setMetadata(secret *v1.Secret, es *esv1.ExternalSecret) error {",
  "New-LocalUser -Name svc -Password (ConvertTo-SecureString $p -AsPlainText -Force)",
  `const PW = "^(?=.*[A-Za-z])(?=.*\\\\d)[A-Za-z]{8,}$";`,
  "SERVER_AUTH = '1.3.6.1.5.5.7.3.1'",
  "password: [REDACTED]",
  "  pass: smtpPass,",
  "this.password = password;",
  'password: "Enter the new password of this user"',
  "password:\n  type: string",
  "user,email,password\nare columns of the table\n",
  "INSERT INTO users (name, password) VALUES (:name, :password)",
])("takes no secret from %s", (text) => {
  expect(found(text)).toEqual([]);
});

test.each([
  ["requirepass aK7.pQ2xR9", "aK7.pQ2xR9"],
  ["sentinel auth-pass main aK7.pQ2xR9", "aK7.pQ2xR9"],
  ["username tech password 0 aK7.pQ2xR9", "aK7.pQ2xR9"],
  ["tacacs-server key aK7pQ2xR9", "aK7pQ2xR9"],
  ["anna:{SHA}88ysbbTostEXF/EKwLff1u0g67o=", "88ysbbTostEXF/EKwLff1u0g67o="],
  ["WIFI:T:WPA;S:Guests;P:trout-blue-24;;", "trout-blue-24"],
  ["[smtp.corp.io]:587   robot:Kran7x!wal", "Kran7x!wal"],
  ["page.getByLabel('Password').fill('Kran7x!wal')", "Kran7x!wal"],
  ['login.basic("robot", "Kran7x!wal")', "Kran7x!wal"],
  ["ftp_login($ftp, 'robot', 'Kran7x!wal');", "Kran7x!wal"],
  ['{:basic-auth ["robot" "Kran7x!wal"]}', "Kran7x!wal"],
  ["Login incorrect (mschap): [anna/Kran7x!wal] (from client a)", "Kran7x!wal"],
  [`https://eth.g.alchemy.com/v2/${A.slice(0, 32)}`, A.slice(0, 32)],
  [`https://api.weather.io/now?appid=${HEX.slice(0, 32)}`, HEX.slice(0, 32)],
  ["the PIN of the card is 4711, call me", "4711"],
  ["Die PIN der SIM ist 7302.", "7302"],
  ["adminPin: '316716',", "316716"],
])("knows that a secret stands in its place in %s", (text, secret) => {
  expect(found(text)).toEqual([`SECRET ${secret}`]);
});

test.each([
  ["a value with a dot in it", 'db_password = "lKilcAbfU.R2oFMjnXPQ"', "lKilcAbfU.R2oFMjnXPQ"],
  ["a column of names", 'password                 = "wvwf1KwgnfXg6QzUjA"', "wvwf1KwgnfXg6QzUjA"],
  ["a list of properties", "<key>Password</key>\n\t<string>9op7wAf66-KAIW</string>", "9op7wAf66-KAIW"],
  ["a key of sessions", `session_key = "${HEX}"`, HEX],
  ["words in quotes", "export RESTIC_PASSWORD='kein Backup kein Mitleid 7'", "kein Backup kein Mitleid 7"],
  [
    "what looks like a template by chance",
    "'AUTH_KEY', 'T3f+e#|%vya$?<.m*D|O#{G9%VxMW[?kUU&(u~KqJ~A';",
    "T3f+e#|%vya$?<.m*D|O#{G9%VxMW[?kUU&(u~KqJ~A",
  ],
  ["a default of a field", 'password: str = Field("Meadow_0815#copper", env="P")', "Meadow_0815#copper"],
  ["a function of a database", "SET password = MD5('Kran7x!wal')", "Kran7x!wal"],
  ["a control", 'if (txtPass.Text == "Kran7Hafen")', "Kran7Hafen"],
  ["a state", "const [pw, setPw] = useState('rocket-saddle-67')", "rocket-saddle-67"],
  ["a sentence that says what for", "the password for the local admin: r6QUonlECFX0-k.", "r6QUonlECFX0-k"],
])("takes the value of %s", (_, text, secret) => {
  expect(found(text)).toEqual([`SECRET ${secret}`]);
});

test("takes the words of a wallet, seeds in groups, and each of a list of codes", () => {
  const words = "sausage visit hazard soup summer glove fun moral enrich ostrich amount trim";
  expect(found(`the mnemonic "${words}" opens it`)).toEqual([`SECRET ${words}`]);
  expect(found(`my 12 words are:\n\n${words}\n`)).toEqual([`SECRET ${words}`]);
  expect(found("the authenticator wants NZ62 GDVP 7ZR4 ITK7 again")).toEqual(["SECRET NZ62 GDVP 7ZR4 ITK7"]);
  expect(found("Your recovery codes are:\n  6898b-b9106\n  1591e-c6c53\n\nKeep them.")).toEqual([
    "SECRET 6898b-b9106",
    "SECRET 1591e-c6c53",
  ]);
  expect(found("the recovery phrase is made of twelve words that you have to write down with care and keep")).toEqual(
    [],
  );
  expect(found("Print the recovery codes:\nfirst line\nsecond line\n")).toEqual([]);
});

test("takes keys of products and of encrypted disks, and tokens of more services", () => {
  const disk = "720786-509696-586630-258478-227370-373747-224312-260359";
  expect(found("activate 8J22T-DPC7P-WVCYY-PKYRR-YTY3D now")).toEqual(["SECRET 8J22T-DPC7P-WVCYY-PKYRR-YTY3D"]);
  expect(found(`the key of the disk: ${disk}`)).toEqual([`SECRET ${disk}`]);
  for (const one of [token("ck_", HEX), token("sk_", HEX, HEX.slice(0, 8)), token("$y$j9T$", A.slice(0, 22), "$", A)])
    expect(found(`x ${one} y`)).toEqual([`SECRET ${one}`]);
});

test.each([
  'keyring.set_password("backup-tool", user, pw)',
  "SET password = crypt(:new_password, gen_salt('bf'))",
  `: "\${DB_PASSWORD:?DB_PASSWORD is not set}"`,
  "|1|EmF0QK5qzFZJTUmbo4dyiGc3Qk4=|e5f+bSCcH4DlEzMtVMGOOrCPaxQ= ssh-ed25519",
  '{"kty":"RSA","kid":"4El3TtWtyQincBS6CDUlDmFt665"}',
  "-----BEGIN DH PARAMETERS-----\nMIIBCAKCAQEAxcWa5xMzYFbtRhIeuZxaXoXXQHB2+4oII8fUggvc2TdzYhRyGfJt",
  "added QmZk7xWYUGPjtxV9GKNPCc3tCrjRd9d1dEEsauqq1ucjU1 docs",
  "wifi.password=WLAN-Kennwort",
  "docker build --secret id=ID,src=f .",
  'that means a wrong password, "data 775" an account that is locked',
  "GPIO pin = 17, PIN 13 is the LED",
])("takes nothing from %s", (text) => {
  expect(found(text)).toEqual([]);
});
