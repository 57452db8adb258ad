import type { Detector } from "./scan.ts";

/** `/home/jane/`, `/Users/jane/`, `C:\Users\jane\`: a login name is a person's name more often than not. */
const UNIX =
  /(?<![\w.~-])(?:\/home|\/Users|\/export\/home|\/var\/home|[A-Za-z]:\/Users|\/mnt\/[a-z]\/Users|\/[a-z]\/Users)\/([A-Za-z0-9][\w.@-]{0,63})(?=\/|["'`\s:;,)\]]|$)/g;
const WINDOWS =
  /[A-Za-z]:\\{1,8}(?:Users|Documents and Settings)\\{1,8}([^\\/:*?"<>|\s%$](?:[^\\/:*?"<>|\r\n\t%]{0,63}(?=\\)|[^\\/:*?"<>|\s%]{0,63}?(?=["'`;,)\]]|\s|$)))/gi;
/** Accounts of machines and of images, and pages of web sites. */
const NOBODY =
  /^(?:user|users|username|user_?name|your[-_]?\w*|you|me|name|runner|runneradmin|ubuntu|debian|admin|administrator|root|node|app|apps|vscode|codespace|circleci|travis|jenkins|gitpod|coder|git|git-?lab-?runner|ec2-user|azureuser|vagrant|vsts|pi|deploy|www|www-data|web|site|nobody|build|builder|docker|postgres|redis|mysql|nginx|linuxbrew|public|default|default user|all users|shared|guest|test|tester|example|foo|bar|containeradministrator|index|page|pages|dashboard|settings|profile|about|search|login|static|assets|images|img|css|js|api|list|new|edit|show|view|feed|blog|shop|products?|components?|screens?)$/i;

export const homes: Detector = (scan) => {
  const { raw } = scan;
  if (raw.includes("/home/") || raw.includes("Users/")) {
    for (const match of raw.matchAll(UNIX)) {
      const name = match[1] ?? "";
      const end = match.index + match[0].length;
      if (!NOBODY.test(name) && !name.endsWith(".")) scan.reportRaw(end - name.length, end, "USER");
    }
  }
  if (/Users\\|Settings\\/i.test(raw)) {
    for (const match of raw.matchAll(WINDOWS)) {
      const name = match[1] ?? "";
      const end = match.index + match[0].length;
      if (!NOBODY.test(name)) scan.reportRaw(end - name.length, end, "USER");
    }
  }
};
