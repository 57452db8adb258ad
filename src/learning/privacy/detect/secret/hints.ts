/** Every name of a secret has one of these in it. */
export const HINT =
  /p(?:a?s{1,2}w|ass(?![aeio])|wd|swd|sk|asse|arola|w(?=[\s:=(/)"'\],-])|at(?=["'\s:=]))|secret|token|key|cred|auth|bearer|private|conn(?:ection)?_?str|dsn|salt|nonce|session|cookie|jwt|signature|\bsig\b|\bsid\b|sess_?id|remember_|\bclave\b|otp|2fa|seed|mnemonic|contrase|senha|kennwort|mdp|wachtwoord|parol|heslo|hmac|webhook|пароль|парол|密码|密碼|口令|密钥|パスワード|비밀번호|비번|암호(?!화)|패스워드|토큰|[sş]ifre|mot[ _]?de[ _]?passe|has[łl]o|l[öo]senord|salasana|adgangskode|jelsz[oó]|palavra-passe|schl[üu]ssel|cl[ée]s? (?:d')?api|klucz|geheim|segredo|секрет|シークレット/iy;

const ASCII =
  "pas pss psw pwd psk par pw pat sec tok key cre aut bea pri con dsn sal non ses coo jwt sig sid otp 2fa see mne sen ken " +
  "mdp wac hes hma web sif mot has los adg jel pal sch cle klu geh seg rem cla";
/** What they begin with, where all of a text's units have one byte. */
export const NARROW_HINTS = `${ASCII} lös clé`.split(" ");
/** What they begin with in any text. */
export const HINTS = [
  ...NARROW_HINTS,
  ..."пар сек şif 密码 密碼 口令 密钥 パスワ 비밀번 비번 암호 패스워 토큰 シーク".split(" "),
];

/** What phrases of wallets and codes for emergencies are called. */
export const LISTED =
  /mnemonic|seed (?:phrase|words)|(?:recovery|secret|backup) phrase|words are|(?:recovery|backup|scratch|emergency|rescue) codes|wiederherstellungs-?codes|backup-codes|codes de (?:secours|récupération)|códigos de (?:recuperación|respaldo)|bip-?39|authenticator/iy;
export const LISTED_BEGINNINGS = "mne see rec sec bac wor scr eme res wie cod cód bip aut".split(" ");
