import { parentPort, workerData } from "node:worker_threads";
import sharp from "sharp";
import type { PlannedPatient } from "./plan-site.ts";
import { type PictureJob, writePictures } from "./write-pictures.ts";

/** What a worker tells its parent. */
export type WorkerNews = { readonly kind: "pictures"; readonly count: number } | { readonly kind: "ready" };

/** Pictures between two reports of progress. */
const REPORT_EVERY = 8;

// One picture at a time in each worker: libvips' own threads would only fight the other workers.
sharp.concurrency(1);
const job = workerData as PictureJob;
const port = parentPort;
if (port === null) throw new Error("picture-worker runs as a worker thread");

port.on("message", async (patients: readonly PlannedPatient[]) => {
  let count = 0;
  const report = (): void => {
    if (count > 0) port.postMessage({ kind: "pictures", count } satisfies WorkerNews);
    count = 0;
  };
  await writePictures(job, patients, () => {
    count += 1;
    if (count >= REPORT_EVERY) report();
  });
  report();
  port.postMessage({ kind: "ready" } satisfies WorkerNews);
});
port.postMessage({ kind: "ready" } satisfies WorkerNews);
