/**
 * A path from a table, made safe: relative to the data root, forward slashes, no "." or empty parts.
 * Null when it is absolute, climbs out of the root, or holds a NUL. Tables come from elsewhere; what they name is
 * opened, hashed and shown, so it has to lie inside the folder the user pointed to. Links inside that folder are the
 * user's own and are followed.
 */
export function pathInRoot(text: string): string | null {
  if (PLAIN.test(text)) return text;
  const slashed = text.replaceAll("\\", "/");
  if (slashed === "" || slashed.startsWith("/") || /^[A-Za-z]:/.test(slashed) || slashed.includes("\0"))
    return null;
  const parts: string[] = [];
  for (const part of slashed.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.length === 0 ? null : parts.join("/");
}

/** Names of letters, digits and the like between single slashes, none beginning with a dot: safe as it stands. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9_. -]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_. -]*)*$/;
