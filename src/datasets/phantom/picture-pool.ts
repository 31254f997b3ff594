import { Worker } from "node:worker_threads";
import type { WorkerNews } from "./picture-worker.ts";
import type { PlannedPatient } from "./plan-site.ts";
import { type PictureJob, writePictures } from "./write-pictures.ts";

/** Patients a worker is given at a time. */
const CHUNK = 16;

/**
 * Writes the pictures of all patients with a number of worker threads, or in this thread for 0. What is written does
 * not depend on how many there are: each picture is a function of its own plan.
 */
export async function drawWithWorkers(
  job: PictureJob,
  patients: readonly PlannedPatient[],
  workers: number,
  onPictures: (count: number) => void,
): Promise<void> {
  if (workers === 0) {
    await writePictures(job, patients, () => onPictures(1));
    return;
  }
  const chunks: (readonly PlannedPatient[])[] = [];
  for (let at = 0; at < patients.length; at += CHUNK) chunks.push(patients.slice(at, at + CHUNK));
  const pool = Array.from({ length: Math.min(workers, chunks.length) }, () => startWorker(job));
  try {
    await Promise.all(pool.map((worker) => feed(worker, chunks, onPictures)));
  } finally {
    await Promise.all(pool.map((worker) => worker.terminate()));
  }
}

function startWorker(job: PictureJob): Worker {
  return new Worker(new URL("./start-picture-worker.mjs", import.meta.url), {
    workerData: job,
    execArgv: [],
  });
}

function feed(
  worker: Worker,
  chunks: (readonly PlannedPatient[])[],
  onPictures: (count: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("a picture worker ended before its work was done")));
    worker.on("message", (news: WorkerNews) => {
      if (news.kind === "pictures") {
        onPictures(news.count);
        return;
      }
      const next = chunks.shift();
      if (next) worker.postMessage(next);
      else resolve();
    });
  });
}
