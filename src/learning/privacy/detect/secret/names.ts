/**
 * How much a name says about the value beside it. strong: whatever stands there is a secret, however weak it looks.
 * medium: it is where it looks made by a machine. weak: where it looks random and is long.
 */
export type Strength = "strong" | "medium" | "weak";

/** Passwords, however people spell and shorten them, in many languages. */
const PASSWORD =
  /pa?s{1,2}w(?:o?r)?d|pass(?:wor|code|phrase|key)|psswrd|paswr?d|passw(?:or|rd)|passwort|kennwort|passwor|contrase(?:ñ|n|gn)a|senha|mot_?de_?passe|palavra_?passe|mdp$|пароль|парол|密码|密碼|口令|パスワード|비밀번호|비번|암호(?!화)|패스워드|has[łl]o$|wachtwoord|l[öo]senord|salasana|[şs]ifre|parola|adgangskode|heslo|jelszo/i;
const SECRET = /secret|секрет|シークレット|密钥|geheim|segredo|segreto/i;
/** Keys that open something. */
const SECRET_KEY =
  /(?:api|access|secret|private|priv|auth|encrypt(?:ion)?|decrypt(?:ion)?|crypt(?:o)?|signing|sign|master|account|shared|service|license|licence|admin|app|application|client|consumer|deploy|webhook|subscription|functions?|storage|sas|security|session|user|host|server|root|integration|write|ingest|read|license|hmac|aes|rsa|ssh|pgp|gpg|jwt|cookie|db|data|backup|wallet|bot|maps?|instrumentation)[._\- ]?keys?$|^apikey|apikey$|keypass|keydata|key_?material|connection_?string|conn_?str|(?:^|[._-])dsn$/i;
const TOKEN =
  /api_?schl[üu]ssel$|^klucz|^cl[ée]s?_(?:d_)?api$|token|jwt|bearer|credential|creds?$|authorization|auth$|_auth|auth_|authkey|oauth|\bpat$|signature|sig$|cookie|sess(?:ion)?_?id|^clave$|remember_(?:web|token|me)|session$|sid$|salt|nonce|otp$|totp|2fa|mfa|seed$|mnemonic|psk$|hmac|cipher|iv$|(?:^|[_-])pk$|private|webhook|license|verifier|access$|consumer|토큰/i;
const KEY = /key$|keys$|hash$|digest$|code$|(?:^|[_-])id$|pin$|pwd?$/i;
const PASS =
  /(?:^|[^a-z])pass$|(?:db|sql|user|root|admin|mysql|pg|ftp|smtp|mail|http|proxy|redis|mongo|login|my|usr|wifi|rds|ldap|auth|key|store|ssh|vnc|mqtt|rabbit|broker|restic|backup|cert|zip|sudo|router|wifi)_?(?:pass|pwd|pw)$|(?:^|[^a-z])pw$|(?:^|[^a-z])pwd$|(?:^|[^a-z])psk$|^(?:require|master)(?:pass|auth)$/i;

/** Last words of names of things *about* secrets. */
const ABOUT = new Set(
  (
    "id ids name names type types url urls uri uris path paths file files filename filepath dir directory folder length len size sizes count counts " +
    "field fields label labels title text placeholder hint hints policy policies expire expires expired expiry expiration exp ttl timeout age date time at " +
    "regex regexp pattern patterns format formats required enabled disabled min max index idx prefix suffix header headers endpoint endpoints host hostname port " +
    "provider providers manager service services class error errors err message messages msg msgs valid invalid validator validation validated strength " +
    "reset changed change forgot forgotten input button form page view screen modal dialog toggle visibility visible show hide rule rules option options config " +
    "settings setting version versions algorithm algo alg method methods mode scheme kind status state ref refs arn selector alias aliases column attr attribute " +
    "attributes param params parameter parameters variable env handler callback function func fn factory builder encoder hasher hashers checker configuration configurations conf field generator util utils " +
    "limit limits scope scopes grant usage used bits exists present missing owner issuer subject audience description desc note notes help schema model " +
    "dto request response spec template mount volume volumes item items map mapping source target role user username login email prompt tooltip advice " +
    "algorithms bytes expression chars characters charset alphabet complexity history attempts attempt retries retry lifetime duration interval tags tag " +
    "namespace group store keystore verify verification confirmationlabel requirement requirements info context cache pool queue table list count total " +
    "ed ing er s link links icon image img color style css screenname strategy plugin module package repo repository branch language locale country warning warnings days"
  ).split(" "),
);
/** First words of names of switches and functions. */
const ASKING = new Set(
  "label labels lbl title titles placeholder mandatory hint txt text prompt err error invalid wrong missing input field btn button is has show hide use uses using enable disable allow require requires with without no max min num check validate verify forgot needs can should must supports generate create make get find fetch remove delete hash compare reset change update".split(
    " ",
  ),
);
/** Keys that open nothing. */
const HARMLESS_KEY =
  /(?:primary|foreign|idempotency|public|pub|partition|sort|range|cache|object|hot|bucket|idx|index|natural|schema|sequence|map|dict|hash|row|column|group|unique|composite|candidate|super|surrogate|business|i18n|translation|locale|label|lookup|storage|state|query|session|registry|reg|arrow|enter|escape|tab|shift|ctrl|control|alt|meta|modifier|func|function|shortcut|issuer|license|data|search|item|config|header|property|prop|field|attr|parent|child|root|entity|record|event|message|routing|feature|metric|react|list|menu|nav|kbd|key|sub)[._\- ]?keys?$/i;
const HARMLESS =
  /csrf|xsrf|jsonwebtoken|author|authentic(?:ation)?(?:_?type|s)?$|token(?:i[sz]e|s_|_?count|_?limit|_?type)|max_?tokens|(?:prompt|completion|input|output|total|stop|eos|bos|pad|unk|sep|cls|mask|special|num)_?tokens?|tokeniz|keyword|keyboard|keyframe|keynote|keycode|keystone|keyof|monkey|turkey|hockey|whiskey|passive|passenger|compass|bypass|passthrough|passport|passage|passed|passing|secretary|secretariat|stopword|crossword|accessor|accessib|access_?log|credit|hashtag|hashmap|authority|signatur(?:e_?(?:method|version|alg))|signing_?alg|salty|designat|session_?(?:type|name)|cookie_?(?:name|path|domain|policy|consent)|csrf_?header|saltrounds|public/i;

/** Whether a word is one for a password or a secret, in any language we know. */
export const isNameOfPassword = (word: string): boolean => PASSWORD.test(word) || SECRET.test(word);

const cache = new Map<string, Strength | undefined>();

export function strengthOf(name: string): Strength | undefined {
  const known = cache.get(name);
  if (known !== undefined || cache.has(name)) return known;
  if (cache.size > 4096) cache.clear();
  const strength = judge(name);
  cache.set(name, strength);
  return strength;
}

export function wordsOf(name: string): string[] {
  return (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z\u00df-\u024f]+|\d+|[\u0080-\uffff]+/g) ?? []).map((word) =>
    word.toLowerCase(),
  );
}

function judge(full: string): Strength | undefined {
  // What a control or a variable holds: `txtPassword.Text`.
  const name = full.replace(/\.(?:text|value|equals)$/i, "");
  // db.users.password: the last part is the name.
  const qualified = /[^.$/]+[.$/](?:key|token)$/i.exec(name)?.[0];
  const part =
    qualified ??
    (name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf("$"), name.lastIndexOf("/")) + 1) || name);
  const words = wordsOf(part);
  while (words.length > 1 && /^\d+$/.test(words.at(-1) ?? "")) words.pop();
  const last = words.at(-1) ?? "";
  if (words.length > 1 && last === "code" && PASSWORD.test(part)) return undefined;
  if (words.length > 1 && (ABOUT.has(last) || (name === full && ASKING.has(words[0] ?? "")))) return undefined;
  const plain = words.join("_");
  if (PASSWORD.test(plain) || PASSWORD.test(part))
    return /stopword|crossword|passworded|passwordless/.test(plain) ? undefined : "strong";
  if (PASS.test(plain)) return "strong";
  if (HARMLESS.test(plain) && !SECRET.test(plain)) return undefined;
  if (SECRET.test(plain) && !/secretar|secret_?(?:service|santa)/.test(plain))
    return /_key$|key$/.test(plain) || !/_/.test(plain) || /secret$|secrets?$/.test(plain) ? "strong" : "medium";
  if (/(?:session|routing)_?keys?$/.test(plain)) return "weak";
  if (HARMLESS_KEY.test(plain)) return undefined;
  if (SECRET_KEY.test(plain)) return "medium";
  if (TOKEN.test(plain)) return "medium";
  if (/_keys?$/.test(plain)) return "medium";
  return KEY.test(plain) ? "weak" : undefined;
}
