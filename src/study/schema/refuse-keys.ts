import type { z } from "zod";

/**
 * Keys as their givers shape them: Google, OpenAI and its likes, Hugging Face, GitHub, GitLab, AWS, Slack, NVIDIA,
 * Replicate; bearer headers; and a password inside an address. Not covered: keys of no known shape.
 */
const KEY_SHAPES: readonly RegExp[] = [
  /\bAIza[\w-]{20,}/,
  /\bAQ\.[\w-]{20,}/,
  /\bya29\.[\w-]{10,}/,
  /\b(?:sk|pk|rk|gsk|xai|nvapi|r8|hf|ghp|gho|ghs|glpat)[-_][\w-]{16,}/,
  /\bgithub_pat_\w{20,}/,
  /\bAKIA[A-Z0-9]{12,}/,
  /\bxox[abprs]-[\w-]{10,}/,
  /\bBearer\s+\S{8,}/i,
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s/@]+:[^\s/@]+@/i,
];

/** Refuses a study that holds a key anywhere: it is copied into every report. The message names the place, not the key. */
export function refuseKeys(value: unknown, context: z.RefinementCtx): void {
  visit(value, []);
  function visit(inner: unknown, path: PropertyKey[]): void {
    if (typeof inner === "string" && KEY_SHAPES.some((shape) => shape.test(inner)))
      context.addIssue({
        code: "custom",
        path,
        message:
          "this looks like a key: take it out, and give teacher.keyVariable the name of an environment variable",
      });
    else if (typeof inner === "object" && inner !== null)
      for (const [key, part] of Object.entries(inner)) visit(part, [...path, key]);
  }
}
