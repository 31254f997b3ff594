import { describe, expect, it } from "vitest";
import { explainPip } from "./explain-pip.ts";

describe("explainPip", () => {
  it.each([
    [
      "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
      "disk is full",
    ],
    [
      "The virtual environment was not created successfully because ensurepip is not available.  On Debian",
      "apt install python3-venv",
    ],
    [
      "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError('<...>: Failed to establish a new connection: [Errno 111] Connection refused')'\nERROR: Could not find a version that satisfies the requirement torch==2.13.0\nERROR: No matching distribution found for torch==2.13.0",
      "registry cannot be reached",
    ],
    [
      "WARNING: ... NameResolutionError(': Failed to resolve 'pypi.org' ([Errno -2] Name or service not known)')",
      "registry cannot be reached",
    ],
    [
      "ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: none)\nERROR: No matching distribution found for torch==2.13.0\n",
      "torch==2.13.0 is not to be had",
    ],
    ["Collecting torch\n  something odd\nerror: the last line\n\n", "pip failed: error: the last line"],
    ["", "pip failed: no output"],
  ])("explains %j", (output, part) => {
    const line = explainPip(output);
    expect(line).toContain(part);
    expect(line).not.toContain("\n");
  });
});
