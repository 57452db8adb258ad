export interface Command {
  /** What it begins with; four letters tell them apart. */
  readonly starts: readonly string[];
  /** Group `v`, or `w`, is the secret. */
  readonly whole: RegExp;
  /** place: just there. line: anywhere on the line that begins there. */
  readonly within: "place" | "line";
  /** Whether any word will do, since nothing but a secret stands there. */
  readonly certain: boolean;
}

const Q = `["']?`;
const V = String.raw`(?<v>[^\s"'\`<>;|&]{2,200})`;
/** An argument of a command, quoted or not. */
const ARG = String.raw`(?:"(?<v>[^"\n]{2,200})"|'(?<v>[^'\n]{2,200})'|${Q}${V})`;
/** An argument of a call. */
const PASSED = String.raw`(?:[bB]?["'][^"'\n]{0,200}["']|\{[^{}\n]{0,200}\}|[\w$.>:()[\]-]{1,80})`;
const NEXT = String.raw`[ \t]{0,4},[ \t\n]{0,20}`;
const STRING = String.raw`[bB]?(?:"(?<v>[^"\n]{3,200})"|'(?<v>[^'\n]{3,200})')`;
/** Options before the one that matters. */
const OPTIONS = String.raw`(?:[ \t]+(?!-p)[^\s|;&]{1,80}){0,12}?`;
const CREDENTIALS = String.raw`(?:basic|bearer|token|digest|api-?key|api-?token|key|negotiate|jwt|aws4-hmac-sha256|bot|sso-key|genie\w*|splunk|snowflake|personal|secret|client-id|sharedkey|hmac)`;

const line = (starts: string, whole: string, certain = true, flags = "g"): Command => ({
  starts: starts.split("|"),
  whole: new RegExp(whole, flags),
  within: "line",
  certain,
});
const place = (starts: string, whole: string, certain = true): Command => ({
  starts: starts.split("|"),
  whole: new RegExp(whole, "iy"),
  within: "place",
  certain,
});

const COMMANDS: readonly Command[] = [
  line(
    "curl|wget|--user|--proxy-user",
    String.raw`(?:^|(?<=[\s"'(,\[]))(?:-[a-zA-Z]{0,6}u|--user|--proxy-user|-U)(?:["'], ?|[ =]{0,3})(?:'[^\s:"'$<>]{0,80}:(?<v>[^'\n]{2,200})'|"[^\s:"'$<>]{0,80}:(?<v>[^"\n]{2,200})"|${Q}[^\s:"'$<>]{0,80}${Q}:["']?(?!\d+\b)${V})`,
  ),
  // After a space it is the name of a database.
  line("mysql|mariadb", String.raw`${OPTIONS}[ \t]+-p${ARG}`),
  line("sshpass|mycli", String.raw`${OPTIONS}[ \t]+-p[ \t]?${ARG}`),
  line(
    "docker login|podman login|helm registry|skopeo login|az login|az acr login|oc login",
    String.raw`${OPTIONS}[ \t]+-p[ \t]?${ARG}`,
  ),
  line("7z a|7z x|7za |zip -|unrar x|plink", String.raw`${OPTIONS}[ \t]+-(?:pw[ \t]|p|P[ \t])${ARG}`, false),
  line("sqlcmd|ldapsearch|ldapmodify|ldapadd|mongo|mosquitto_", String.raw`${OPTIONS}[ \t]+-[pPw][ \t]?${ARG}`, false),
  line("aws ssm put-parameter|az keyvault secret set", String.raw`--value(?:[ \t]+|=)${ARG}`),
  line("az sql|az mysql|az postgres", String.raw`[ \t]-p[ \t]+${ARG}`),
  line("http -a|https -a|http --auth", String.raw`https?[ \t]+(?:-a|--auth)[ \t=]+${Q}[^\s:"']{1,80}:${V}`),
  line("snmpwalk|snmpget|snmpset", String.raw`[ \t]-[AX][ \t]+${ARG}`),
  line("redis-cli", String.raw`${OPTIONS}[ \t]+-a[ \t]+${ARG}`),
  line("rabbitmqctl", String.raw`(?:add_user|change_password|authenticate_user)[ \t]+[^\s]{1,80}[ \t]+${ARG}`),
  line("lftp", String.raw`-u[ \t]+${Q}[^\s,"']{1,80},${V}`),
  line("xfreerdp|wfreerdp|mstsc", String.raw`[ \t]/p:${ARG}`),
  line("sqlplus|sqlldr|expdp|impdp|jdbc:oracle:thin", String.raw`[ \t:][\w$#]{1,30}/(?<v>[^\s"'@/]{2,128})@`),
  line("smbclient|rpcclient|mount.cifs", String.raw`-U[ \t]+${Q}[^\s%"']{1,80}%${V}`),
  line(
    "htpasswd",
    String.raw`htpasswd[ \t]+-\w{0,8}b\w{0,8}(?:[ \t]+-\w+){0,4}[ \t]+[^\s]{1,200}[ \t]+[^\s]{1,80}[ \t]+${Q}${V}`,
  ),
  line(
    "echo ",
    String.raw`echo[ \t]+(?:-\w+[ \t]+)?${Q}(?:[\w.-]{1,40}:)?(?<v>[^\s"'|]{3,100})${Q}[ \t]{0,8}\|[ \t]{0,8}(?:sudo[ \t]+-S|(?:sudo[ \t]+)?chpasswd|passwd|(?:docker|podman|helm registry|npm)[^\n|]{0,120}--password-stdin|gcloud secrets|vault kv|gh secret|kubectl create secret)`,
  ),
  line(
    "net use",
    String.raw`net use(?:r)?[ \t]+(?:[A-Za-z]:[ \t]+)?[^\s]{1,200}[ \t]+(?:/user:[^\s]{1,80}[ \t]+)?(?![/*](?:\s|$)|/)${Q}(?<v>[^\s"'/]{4,100})`,
    false,
    "gi",
  ),
  line('"kty"', String.raw`"(?:d|k|p|q|dp|dq|qi)"\s{0,4}:\s{0,4}"(?<v>[\w-]{16,2048})"`),
  place(
    ":5432:|:5433:|:6432:|:*:*:",
    String.raw`:(?:\d{4}|\*):[\w*.-]{1,63}:[\w*.@-]{1,63}:(?<v>[^\s"'\`<>|]{4,200})(?=\s|$)`,
  ),
  place(
    "machine ",
    String.raw`machine\s{1,8}[\w.:-]{1,253}\s{1,8}login\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(?<v>[^\s"'\`<>]{3,200})`,
  ),
  place("pass:", String.raw`(?<=(?:-pass(?:in|out)?[ \t]{1,4}|["' ])["']?)pass:${V}`),
  place(
    "BUNDLE_",
    String.raw`BUNDLE_\w{1,80}__\w{1,80}["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?<v>[^\s"';:]{1,100}:[^\s"';&]{1,100})`,
  ),
  place(
    "identified",
    String.raw`identified[ \t]+(?:with[ \t]+[\w'"]{1,40}[ \t]+)?(?:by|as)[ \t]+(?:password[ \t]+)?(?:'(?<v>(?:[^'\n]|''){2,200})'|"(?<v>[^"\n]{2,200})")`,
  ),
  place("identified", String.raw`identified[ \t]+by[ \t]+(?<v>[^\s"'\`;)\\]{5,200})`, false),
  place(
    "authorization",
    String.raw`authorization["'\`\]]{0,3}[ \t]{0,4}(?:=>|[:=,])[ \t]{0,4}["'\`]{0,3}(?:${CREDENTIALS}[ \t]+(?!\w{1,20}="?\w{0,80}")(?:["'\`](?![+.,)&\s]))?(?<v>[^\s"'\`<>,;]{6,4096})|(?<w>(?=[^\s"'\`]{0,60}\d)[^\s"'\`<>,;(){}$.]{16,4096})(?![\w(.]))`,
  ),
  place("bearer", String.raw`bearer[ \t]+(?:["'\`](?![+.,)&\s]))?(?<v>[\w.~+/=-]{16,4096})`, false),
  place("basic ", String.raw`basic[ \t]+(?<v>[A-Za-z0-9+/]{8,400}={0,2})(?![\w])`, false),
  place("SecureString", String.raw`SecureString[ \t]+(?:-(?:String|AsPlainText|Force)[ \t]+){0,3}${Q}${V}`),
  place(
    "PasswordAuthentication(|->login(|Credential(|Credentials(|BasicAuth(|DigestAuth(|.auth(|auth=(|auth = (|.login(|basic_auth(|.basic(|.basicAuth(",
    String.raw`[.\w>-]{4,24}[ =]{0,3}\([ \t]{0,4}\(?["'][^"'\n]{1,80}["'][ \t]{0,4},[ \t]{0,4}(?:Some\()?["'](?<v>[^"'\n]{3,200})["']`,
  ),
  place(
    "sig=|Signature=|Amz-Signature=|Goog-Signature=",
    String.raw`(?<=[?&](?:X-)?)(?:sig|Signature|Amz-Signature|Goog-Signature)=(?<v>[\w%+/=-]{16,1024})`,
  ),
  place("?code=|&code=", String.raw`[?&]code=(?<v>[\w%~.+/=-]{20,512})`, false),
  place(
    "CREATE_CREDENTIAL(|ftp_login(|ssh2_auth_password(|imap_open(|oci_connect(|mysql_connect(|PDO(|mysqli_connect(|mysqli(|getConnection(|Sequelize(",
    String.raw`[\w]{3,20}\([ \t\n]{0,20}(?:${PASSED}${NEXT}){2}${STRING}`,
  ),
  place("->connect(|.connect(", String.raw`[.>-]{1,2}connect\([ \t\n]{0,20}(?:${PASSED}${NEXT}){2}${STRING}`, false),
  place("PASSWORD('|PASSWORD(\"", String.raw`PASSWORD\(["'](?<v>[^"'\n]{3,200})["']\)`),
  place("SecurityKey(", String.raw`SecurityKey\([ \t\n]{0,20}[\w.]{0,30}GetBytes\(["'](?<v>[^"'\n]{8,200})["']`),
  place("jwt.sign(|jwt.verify(|jwt.encode(", String.raw`jwt\.\w{4,6}\([ \t\n]{0,20}${PASSED}${NEXT}${STRING}`),
  place("createHmac(", String.raw`createHmac\([ \t]{0,4}${PASSED}${NEXT}${STRING}`),
  place("hmac.new(", String.raw`hmac\.new\([ \t\n]{0,20}${STRING}`),
  place("twilio(|Client(", String.raw`\w{6}\([ \t]{0,4}["']AC[0-9a-f]{32}["']${NEXT}["'](?<v>[0-9a-f]{32})["']`),
  place("AES.new(|DES.new(|DES3.new(|Fernet(", String.raw`[\w.]{6,8}\([ \t\n]{0,20}${STRING}`),
  place("password 7 ", "password 7 (?<v>[0-9A-F]{6,128})"),
  place("snmp-server community ", `snmp-server community ${V}`),
  place("rivate key 0x", "rivate key (?<v>0x[0-9a-f]{64})"),
  place(
    "Creds: |Credentials: |creds: |credentials: |creds are |credentials are ",
    String.raw`\w{5,11}(?::| are) [\w.@-]{2,40} ?[/:] ?(?<v>[^\s"'\`<>]{5,100})`,
    false,
  ),
  place("AUTH ", String.raw`AUTH (?:\w{1,30} )?(?<v>[^\s"']{6,128})(?=\s|$)`, false),
  place(
    "Credentials::new(",
    String.raw`Credentials::new\(\s{0,20}["'][^"'\n]{1,80}["'](?:\.\w{1,12}\(\))?,\s{0,20}["'](?<v>[^"'\n]{3,200})["']`,
  ),
  place(":basic-auth [", String.raw`:basic-auth \["[^"\n]{1,80}" "(?<v>[^"\n]{3,200})"`),
  place(
    "requirepass |masterauth |auth-pass ",
    String.raw`(?:requirepass|masterauth|auth-pass[ \t]+[\w.-]{1,60})[ \t]+["']?(?<v>[^\s"'\`<>]{4,200})`,
    false,
  ),
  place(
    "password 0 |password 5 |password 8 |password 9 |secret 0 |secret 5 |secret 8 |secret 9 |key 0 |key 7 ",
    String.raw`(?:password|secret|key) [05789] (?<v>[^\s"'\`<>]{4,128})`,
    false,
  ),
  place("-server key ", String.raw`-server key (?:\d )?(?<v>[^\s"'\`<>]{4,128})`),
  place("{SHA}|{SSHA}|{SSHA512}|{SHA256}", String.raw`\{S?SHA\d{0,3}\}(?<v>[A-Za-z0-9+/=]{24,200})`),
  place("WIFI:", String.raw`WIFI:(?:[TSHR]:[^;\n]{0,80};){0,4}P:(?<v>(?:[^;\\\n]|\\.){4,80});`),
  place("]:25|]:465|]:587", String.raw`\]:\d{2,5}[ \t]{1,20}[^\s:]{1,100}:(?<v>[^\s"'\`<>]{4,200})(?=\s|$)`),
  place(
    ".fill(|.type(|.send_keys(|.sendKeys(|.setValue(|.typeText(",
    String.raw`(?<=(?:passw|pwd|kennwort|secret|\bpw\b)[^\n]{0,80})\.\w{4,10}\(["'](?<v>[^"'\n]{3,100})["']`,
    false,
  ),
  place(
    "Login incorrect|Login OK",
    String.raw`Login (?:incorrect|OK)[^\n[]{0,120}:[ \t]\[[^\]/\n]{1,80}/(?<v>[^\]\n]{3,80})\]`,
  ),
  place("alchemy.com/v2/|alchemyapi.io/v2/", String.raw`\w{3,12}\.\w{2,3}/v2/(?<v>[\w-]{32})(?![\w-])`),
  place("infura.io/v3/", String.raw`infura\.io/v3/(?<v>[0-9a-f]{32})(?!\w)`),
  place("accounts: [", String.raw`accounts: \[\s{0,20}["'](?<v>(?:0x)?[0-9a-f]{64})["']`),
  place("appid=|APPID=", String.raw`appid=(?<v>[0-9a-f]{32})(?!\w)`),
  place("hooks/catch/", String.raw`hooks/catch/(?<v>\d{4,12}/\w{5,12})(?!\w)`),
  place("open-apis/bot/v2/hook/", "open-apis/bot/v2/hook/(?<v>[0-9a-f-]{36})"),
  // A PIN has four digits or more: one of a chip has fewer.
  place(
    "PIN |PIN:|PIN-|PUK |PUK:",
    String.raw`(?<![A-Za-z])(?:PIN|PUK)(?:-?[a-z\u00df-\u00ff]{2,8})?(?: [a-z\u00df-\u00ff'(]{1,14}\)?){0,5}?[ \t]?[:=]?[ \t]{1,2}(?<v>\d{4,8})#?(?!\w|\.\d)`,
  ),
  place(
    'Pin: |Pin = |Pin": |Pin=|_pin: |_pin = |_pin": |_pin=|_PIN=|_PIN: ',
    String.raw`_?pin["']?[ \t]?[:=][ \t]?["']?(?<v>\d{4,8})["']?(?!\w|\.\d)`,
  ),
  place("Credential=", String.raw`Credential=(?<v>[\w%/-]{16,300})`),
  place(
    "AccountKey=|SharedAccessKey=|SharedAccessSignature=",
    `(?:AccountKey|SharedAccessKey|SharedAccessSignature)=(?<v>[A-Za-z0-9+/=%&]{16,1024})`,
  ),
];

export const BY_START = new Map<string, Command[]>();
for (const command of COMMANDS) {
  for (const key of new Set(command.starts.map((start) => start.slice(0, 4).toLowerCase()))) {
    BY_START.set(key, [...(BY_START.get(key) ?? []), command]);
  }
}

/** Names of headers and words of SQL are written in lower case, in upper case, and with a capital. */
const cases = (word: string) =>
  ["identified", "authorization", "bearer", "basic "].includes(word)
    ? [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()]
    : [word];
export const COMMAND_BEGINNINGS = [...new Set(COMMANDS.flatMap(({ starts }) => starts.flatMap(cases)))];
const escaped = (literal: string) => literal.replace(/[.()[\]{}+*?^$|\\/-]/g, "\\$&");
/** Any of the beginnings, as it is written. */
export const STARTS = new RegExp(COMMAND_BEGINNINGS.map(escaped).join("|"), "y");
