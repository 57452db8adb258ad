"""Texts that look like credentials, by their published forms. What is found is counted, never shown."""

import re

PATTERNS = {
    "privateKey": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "awsAccessKey": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "githubToken": r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,})\b",
    "gitlabToken": r"\bglpat-[0-9A-Za-z_-]{20}\b",
    "slackToken": r"\bxox[abprs]-[0-9A-Za-z-]{10,}\b",
    "googleApiKey": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "openaiKey": r"\bsk-(?:proj-|ant-)?[0-9A-Za-z_-]{32,}\b",
    "stripeKey": r"\b[rs]k_live_[0-9A-Za-z]{24,}\b",
    "jwt": r"\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\b",
    "passwordInUrl": r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]{3,}@[^\s/]+",
    "assignedSecret": r"(?i)\b(?:password|passwd|secret|api_?key|access_?token)\b[\"']?\s*[:=]\s*[\"'][^\s\"']{8,}",
}
_COMPILED = {name: re.compile(pattern) for name, pattern in PATTERNS.items()}


def found(text: str) -> list[tuple[str, str]]:
    """(kind, what matched)"""
    return [(name, match[0]) for name, pattern in _COMPILED.items() for match in pattern.finditer(text)]
