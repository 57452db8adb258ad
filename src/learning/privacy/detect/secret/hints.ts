/** Every name of a secret has one of these in it. */
export const HINT =
  /p(?:a?s{1,2}w|ass(?![aeio])|wd|swd|sk|asse|arola|w(?=[\s:=(/)"'-])|at(?=["'\s:=]))|secret|token|key|cred|auth|bearer|private|conn(?:ection)?_?str|dsn|salt|nonce|session|cookie|jwt|signature|\bsig\b|\bsid\b|otp|2fa|seed|mnemonic|contrase|senha|kennwort|mdp|wachtwoord|parol|heslo|hmac|webhook|пароль|парол|密码|密碼|口令|密钥|パスワード|비밀번호|비번|패스워드|토큰|[sş]ifre|mot[ _]?de[ _]?passe|has[łl]o|l[öo]senord|salasana|adgangskode|jelsz[oó]|palavra-passe|schl[üu]ssel|cl[ée]s? (?:d')?api|klucz|geheim|segredo|секрет|シークレット/iy;

/** What they begin with, where all of a text's units have one byte. */
export const NARROW_HINTS =
  "pas pss psw pwd psk par pw pat sec tok key cre aut bea pri con dsn sal non ses coo jwt sig sid otp 2fa see mne sen ken mdp wac hes hma web sif mot has los lös adg jel pal sch cle clé klu geh seg".split(
    " ",
  );
/** Those of other scripts, too. */
export const HINTS = [
  ...NARROW_HINTS,
  ..."пар сек şif 密码 密碼 口令 密钥 パスワ 비밀번 비번 패스워 토큰 シーク".split(" "),
];
