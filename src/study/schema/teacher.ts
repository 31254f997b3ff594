import { z } from "zod";
import { OURS, UNSTATED } from "./source.ts";

/** The teacher is a factor of the study: which one wrote the traces, and how it was asked. */

const host = z
  .string()
  .regex(/^[a-z0-9.-]+(?::\d+)?$|^\[[0-9a-f:]+\](?::\d+)?$/, "give host, or host:port, alone");

/** A user's word that protected data may go to a host. */
const attestedBy = {
  /** Host and port as in the endpoint. */
  host,
  /** Who attests it: a name or an office. */
  who: z.string().min(1),
  date: z.iso.date(),
};
export const attestationSchema = z.union(
  [
    z.strictObject({ ...attestedBy, onPremises: z.literal(true) }),
    z.strictObject({
      ...attestedBy,
      zeroRetention: z.literal(true),
      noTraining: z.literal(true),
      noHumanReview: z.literal(true),
    }),
  ],
  {
    error:
      "give host, who, date (YYYY-MM-DD) and either onPremises: true, or zeroRetention, noTraining and noHumanReview, all true",
  },
);

export const endpoint = z.url({ protocol: /^https?$/ }).refine((address) => {
  const { username, password, search, hash } = new URL(address);
  return username + password + search + hash === "";
}, "give an address without user, password, query or fragment: keys come from the environment");

/** An environment variable's name; what is written here is never the key itself. */
export const keyVariable = z
  .string()
  .regex(
    /^[A-Z][A-Z0-9_]{2,60}$/,
    "give the NAME of the environment variable that holds the key, never the key",
  );

export const price = z.strictObject({
  /** USD for a million tokens. */
  input: z.number().min(0),
  output: z.number().min(0),
});

/** What every language model takes. */
const asking = {
  model: z.string().min(1),
  /** Images in work side by side. */
  concurrency: z.int().min(1).max(64).default(4).meta(OURS),
  temperature: z.number().min(0).max(2).default(0.7).meta(UNSTATED),
  /** Further answers asked for after the checker threw one out; then the image is set aside. */
  retries: z.int().min(0).max(10).default(2).meta(OURS),
};

/** What a model behind an address takes besides. */
const calling = {
  ...asking,
  /** The version that has to answer; null: whichever answers first. A change within one set of traces stops the run. */
  modelVersion: z.string().min(1).nullable().default(null).meta(OURS),
  /** Longest side of the picture sent, pixels. */
  imageSide: z.int().min(64).max(4096).default(1024).meta(OURS),
  /** Most tokens that such a picture may count as, for the estimate and the cap. */
  imageTokens: z.int().positive().default(2048).meta(OURS),
  calls: z
    .strictObject({
      /** Tries of one call whose line or server failed, before its image is set aside. */
      tries: z.int().min(1).max(20).default(6).meta(OURS),
      /** First wait between two of them, doubled each time, with jitter. */
      backOffMs: z.int().min(1).default(1000).meta(OURS),
      deadlineSeconds: z.number().positive().max(3600).default(180).meta(OURS),
      /** Longest wait that a provider may ask for; past it the run stops. */
      longestWaitSeconds: z.number().positive().default(600).meta(OURS),
    })
    .prefault({}),
  attestation: attestationSchema.nullable().default(null),
};

const gemini = z.strictObject({
  kind: z.literal("gemini"),
  ...calling,
  endpoint: endpoint.default("https://generativelanguage.googleapis.com/v1beta"),
  keyVariable: keyVariable.default("GEMINI_API_KEY"),
  /** Hidden thoughts count among them. */
  maxTokens: z.int().positive().default(8192).meta(UNSTATED),
  price,
  /** USD for one set of traces, interrupted runs included. */
  spendingCap: z.number().positive(),
});

const openaiCompatible = z.strictObject({
  kind: z.literal("openai-compatible"),
  ...calling,
  endpoint,
  keyVariable: keyVariable.nullable().default(null),
  maxTokens: z.int().positive().default(2048).meta(UNSTATED),
  price: price.default({ input: 0, output: 0 }),
  spendingCap: z.number().positive().nullable().default(null),
});

const engine = z.strictObject({
  kind: z.literal("engine"),
  ...asking,
  /** A folder (relative to the study file), or a hub id; "study": the study's own model, untrained. */
  model: z.string().min(1).default("study"),
  /** A commit or tag; required for a hub id. */
  revision: z.string().optional(),
  dtype: z.enum(["bfloat16", "float32"]).default("bfloat16").meta(OURS),
  maxTokens: z.int().positive().default(1024).meta(UNSTATED),
});

/** The labels put into words, without a model. */
const worded = z.strictObject({ kind: z.literal("worded") });

export const teacherSchema = z.discriminatedUnion("kind", [worded, gemini, openaiCompatible, engine]);

export type TeacherConfig = z.infer<typeof teacherSchema>;
export type EngineTeacherConfig = z.infer<typeof engine>;
export type CalledTeacherConfig = z.infer<typeof gemini> | z.infer<typeof openaiCompatible>;
